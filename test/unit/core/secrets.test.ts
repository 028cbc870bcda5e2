import { describe, expect, it } from "vitest";
import { fault, transient } from "#core/errors.ts";
import { coverSecrets, declareSecrets } from "#core/secrets.ts";

describe("covering secrets", () => {
	it.each([
		["amqp://lab:s3cret@broker/v", "amqp://lab:***@broker/v"],
		["postgres://u:p%40ss@db:5432/x?sslmode=require", "postgres://u:***@db:5432/x?sslmode=require"],
		["not encoded: amqp://u:a/b@c@host, as people write it", "not encoded: amqp://u:***@host, as people write it"],
		["two: redis://:one@a and rediss://x:two@b", "two: redis://:***@a and rediss://x:***@b"],
		["postgres://db/x?user=u&password=one&ssl=1", "postgres://db/x?user=u&password=***&ssl=1"],
	])("in %j", (text, covered) => {
		expect(coverSecrets(text)).toBe(covered);
	});

	it.each(["amqp://broker", "s3://bucket/prefix", "http://127.0.0.1:8080/a@b", "lab@site.org wrote: a:b"])(
		"leaves %j as it is",
		(text) => expect(coverSecrets(text)).toBe(text),
	);
});

describe("what was declared secret", () => {
	const secrets = [`pass"word\\1`, "p@ss w%rd/", "Bearer tok-123456"];
	declareSecrets(secrets);

	it.each(secrets)("is covered as it is, in a URL, and in JSON: %j", (secret) => {
		for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret)]) {
			expect(coverSecrets(`refused with ${form} at last`)).toMatch(/^refused with "?\*\*\*"? at last$/);
		}
	});

	it("is covered without the first word of its header", () => {
		expect(coverSecrets("token tok-123456 has expired")).toBe("token *** has expired");
	});

	it("is in no error, wherever that is told", () => {
		const error = transient("AWAY", "login tok-123456 refused", { fix: "Replace tok-123456." });
		expect([error.message, error.fix]).toEqual(["login *** refused", "Replace ***."]);
		expect(fault("X", "tok-123456").stack).not.toContain("tok-");
	});

	it("is nothing where it is so short that it protects nothing", () => {
		declareSecrets(["abc", ""]);
		expect(coverSecrets("abc")).toBe("abc");
	});
});
