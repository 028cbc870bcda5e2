import { expect, test } from "vitest";
import { newApiKey, partsOfApiKey } from "#access/api-keys.ts";
import { newSecret, same, seal, secretHash, unseal } from "#access/secrets.ts";

test("a secret has 256 bits of its own", () => {
	const secrets = Array.from({ length: 100 }, newSecret);
	expect(new Set(secrets).size).toBe(100);
	for (const secret of secrets) expect(Buffer.from(secret, "base64url")).toHaveLength(32);
});

test("a key is known by its beginning and the hash of the rest", () => {
	for (let i = 0; i < 100; i++) {
		const { key, id, hash } = newApiKey();
		expect(key).toMatch(/^wr_[0-9a-f]{8}_[\w-]{43}$/);
		expect(partsOfApiKey(key)).toEqual({ id, hash });
		expect(hash).toBe(secretHash(key.slice(id.length + 1)));
	}
	for (const not of ["", "wr_", "wr_3f9c2a7d_short", "xx_3f9c2a7d_", `${newApiKey().key}x`, ` ${newApiKey().key}`]) {
		expect(partsOfApiKey(not)).toBeUndefined();
	}
});

test("texts are the same when all of them is", () => {
	expect([same("abc", "abc"), same("abc", "abd"), same("abc", "abcd"), same("", "a")]).toEqual([
		true,
		false,
		false,
		false,
	]);
});

test("what is sealed is read with its secret alone, and not when it was changed", () => {
	const text = '{"d":"private é"}';
	const sealed = seal(text, "the secret");
	expect(sealed).not.toContain("private");
	expect(seal(text, "the secret")).not.toBe(sealed);
	expect(unseal(sealed, "the secret")).toBe(text);
	expect(unseal(sealed, "another secret")).toBeUndefined();
	expect(unseal(sealed, undefined)).toBeUndefined();
	const bytes = Buffer.from(sealed.slice("sealed:1:".length), "base64url");
	for (const at of [0, 20, 30, bytes.length - 1]) {
		const changed = Buffer.from(bytes);
		changed[at] = (changed[at] ?? 0) ^ 1;
		expect(unseal(`sealed:1:${changed.toString("base64url")}`, "the secret")).toBeUndefined();
	}
	expect(seal(text, undefined)).toBe(text);
	expect(unseal(text, "the secret")).toBe(text);
});
