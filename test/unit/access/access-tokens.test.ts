import { createHmac } from "node:crypto";
import { createLocalJWKSet, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { AccessTokens } from "#access/access-tokens.ts";
import { type AccessLab, accessLab } from "#test/support/access-lab.ts";

const days = 86_400_000;

/** Our own key, as who could read the catalog would have it. */
async function ownKey({ store }: AccessLab) {
	const [row] = await store.signingKeys();
	return { kid: row?.kid ?? "", jwk: JSON.parse(row?.privateKey ?? "{}") as JWK };
}

function part(value: object): string {
	return Buffer.from(JSON.stringify(value)).toString("base64url");
}

describe("an access token", () => {
	test("says whose session it is of, until it expires", async () => {
		const { tokens, clock } = await accessLab();
		const { token, ...claims } = await tokens.issue("s1", "u1");
		expect(await tokens.verify(token)).toEqual(claims);
		expect(claims).toEqual({ session: "s1", csrf: expect.any(String), expiresAt: clock.now() + 600_000 });
		await clock.advance(599_000);
		expect(await tokens.verify(token)).toEqual(claims);
		await clock.advance(1_000);
		expect(await tokens.verify(token)).toBeUndefined();
	});

	test("that expired is refused by who has never seen it as well", async () => {
		const lab = await accessLab();
		const { token } = await lab.tokens.issue("s1", "u1");
		await lab.clock.advance(600_000);
		expect(await new AccessTokens(lab.keysOf(undefined), lab.clock, 600_000).verify(token)).toBeUndefined();
	});

	test("is verified by others with the published keys, which hold nothing private", async () => {
		const { tokens, clock } = await accessLab();
		const { token } = await tokens.issue("s1", "u1");
		const published = await tokens.published();
		expect(Object.keys(published.keys[0] ?? {}).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
		const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(published), {
			currentDate: new Date(clock.now()),
		});
		expect(payload).toMatchObject({ sub: "u1", sid: "s1", iss: "watchrabbit", aud: "watchrabbit-api" });
		expect(protectedHeader).toMatchObject({ alg: "ES256", typ: "at+jwt" });
	});

	test("is verified once, and then known", async () => {
		const { tokens, asked } = await accessLab();
		const { token } = await tokens.issue("s1", "u1");
		await tokens.verify(token);
		asked.length = 0;
		for (let i = 0; i < 100; i++) await tokens.verify(token);
		expect(asked).toEqual([]);
	});
});

describe("a token is refused", () => {
	const claims = { sid: "s1", csrf: "c", sub: "u1", iss: "watchrabbit", aud: "watchrabbit-api" };

	/** Signed by our own key, and right but for one thing: so that it is that thing which is refused. */
	async function signed(lab: AccessLab, header: object = {}, changes: Record<string, unknown> = {}, key?: JWK) {
		await lab.tokens.issue("s0", "u0");
		const own = await ownKey(lab);
		const at = Math.floor(lab.clock.now() / 1_000);
		const payload = Object.entries({ ...claims, iat: at, exp: at + 60, ...changes });
		return await new SignJWT(Object.fromEntries(payload.filter(([, value]) => value !== undefined)))
			.setProtectedHeader({ alg: "ES256", kid: own.kid, typ: "at+jwt", ...header })
			.sign(await importJWK(key ?? own.jwk, "ES256"));
	}

	test("not when all of it is right", async () => {
		const lab = await accessLab();
		expect(await lab.tokens.verify(await signed(lab))).toMatchObject({ session: "s1" });
	});

	test.each([
		["of another issuer", { iss: "elsewhere" }],
		["without an issuer", { iss: undefined }],
		["for another audience", { aud: "another" }],
		["without an audience", { aud: undefined }],
		["that has expired", { exp: 1 }],
		["that never expires", { exp: undefined }],
		["that is not yet good", { nbf: 99_999_999_999 }],
		["of no session", { sid: undefined }],
		["of nobody", { sub: undefined }],
		["without a token for pages", { csrf: undefined }],
	])("%s", async (_, changes) => {
		const lab = await accessLab();
		expect(await lab.tokens.verify(await signed(lab, {}, changes))).toBeUndefined();
	});

	test.each([
		["of another type", { typ: "JWT" }],
		["of no type", { typ: undefined }],
		["of a key that nobody knows", { kid: "another" }],
		["of a key that is a path", { kid: "../../../../dev/null" }],
		["of a key that is a query", { kid: "' or 1=1 --" }],
		["of no key", { kid: undefined }],
		["with a crit that nobody understands", { crit: ["exp"], exp: 1 }],
	])("%s", async (_, header) => {
		const lab = await accessLab();
		const token = await signed(lab);
		const [, payload = "", signature = ""] = token.split(".");
		const { kid } = await ownKey(lab);
		const changed = part({ alg: "ES256", kid, typ: "at+jwt", ...header });
		expect(await lab.tokens.verify(`${changed}.${payload}.${signature}`)).toBeUndefined();
		if (!("crit" in header)) expect(await lab.tokens.verify(await signed(lab, header))).toBeUndefined();
	});

	test.each(["jwk", "jku", "x5u", "x5c"])("that brings a key of its own along as %s", async (name) => {
		const lab = await accessLab();
		const pair = await generateKeyPair("ES256", { extractable: true });
		const own = {
			jwk: await exportJWK(pair.publicKey),
			jku: "http://127.0.0.1:1/jwks",
			x5u: "http://127.0.0.1:1",
			x5c: ["MA=="],
		};
		const header = { [name]: own[name as keyof typeof own] };
		expect(await lab.tokens.verify(await signed(lab, header, {}, await exportJWK(pair.privateKey)))).toBeUndefined();
		expect(await lab.tokens.verify(await signed(lab, { kid: undefined, ...header }))).toBeUndefined();
		// Even where it is our own that signed it.
		expect(await lab.tokens.verify(await signed(lab, header))).toBeUndefined();
	});

	test.each(["none", "None", "NONE", "nOnE"])("that says it needs no signature: %s", async (alg) => {
		const lab = await accessLab();
		const [, payload = "", signature = ""] = (await signed(lab)).split(".");
		const { kid } = await ownKey(lab);
		const header = part({ alg, kid, typ: "at+jwt" });
		expect(await lab.tokens.verify(`${header}.${payload}.`)).toBeUndefined();
		expect(await lab.tokens.verify(`${header}.${payload}.${signature}`)).toBeUndefined();
	});

	test("that is signed with our public key as if it were a shared secret", async () => {
		const lab = await accessLab();
		const [, payload = ""] = (await signed(lab)).split(".");
		const [published] = (await lab.tokens.published()).keys;
		const secrets = [JSON.stringify(published), Buffer.from(published?.x ?? "", "base64url"), ""];
		for (const secret of secrets) {
			const head = `${part({ alg: "HS256", kid: published?.kid, typ: "at+jwt" })}.${payload}`;
			const signature = createHmac("sha256", secret).update(head).digest("base64url");
			expect(await lab.tokens.verify(`${head}.${signature}`)).toBeUndefined();
		}
	});

	test("of another algorithm, by a key of that", async () => {
		const lab = await accessLab();
		await lab.tokens.issue("s0", "u0");
		const { kid } = await ownKey(lab);
		for (const alg of ["RS256", "EdDSA", "ES384"]) {
			const { privateKey } = await generateKeyPair(alg);
			const jwt = new SignJWT(claims)
				.setProtectedHeader({ alg, kid, typ: "at+jwt" })
				.setIssuedAt()
				.setExpirationTime("5m");
			expect(await lab.tokens.verify(await jwt.sign(privateKey))).toBeUndefined();
		}
	});

	test("whose signature is another's, or of nothing at all", async () => {
		const lab = await accessLab();
		const [header = "", payload = "", signature = ""] = (await signed(lab)).split(".");
		const [, , other = ""] = (await signed(lab, {}, { sid: "s2" })).split(".");
		const zero = Buffer.alloc(64).toString("base64url");
		for (const wrong of [other, zero, "", signature.slice(0, -4)]) {
			expect(await lab.tokens.verify(`${header}.${payload}.${wrong}`)).toBeUndefined();
		}
		for (const not of ["", ".", "..", "...", "a.b.c", "x".repeat(10_000), `${header}.${payload}`]) {
			expect(await lab.tokens.verify(not)).toBeUndefined();
		}
	});
});

describe("signing keys", () => {
	test("are one for all processes of a catalog", async () => {
		const lab = await accessLab();
		const others = [1, 2, 3].map(() => new AccessTokens(lab.keysOf(undefined), lab.clock, 600_000));
		const issued = await Promise.all(others.map((tokens) => tokens.issue("s1", "u1")));
		expect(await lab.store.signingKeys()).toHaveLength(1);
		for (const { token } of issued) expect(await lab.tokens.verify(token)).toBeDefined();
	});

	test("are exchanged every 30 days; what the old one signed holds to its end", async () => {
		const lab = await accessLab();
		await lab.tokens.issue("s1", "u1");
		await lab.clock.advance(30 * days - 1_000);
		const { token } = await lab.tokens.issue("s1", "u1");
		expect(await lab.store.signingKeys()).toHaveLength(1);
		await lab.clock.advance(2_000);
		const { token: next } = await lab.tokens.issue("s1", "u1");
		expect((await lab.tokens.published()).keys).toHaveLength(2);
		const elsewhere = new AccessTokens(lab.keysOf(undefined), lab.clock, 600_000);
		for (const each of [token, next]) expect(await elsewhere.verify(each)).toBeDefined();
		await lab.clock.advance(601_000);
		expect((await lab.tokens.published()).keys).toHaveLength(1);
	});

	test("of another process are found when they are met", async () => {
		const lab = await accessLab();
		const { token } = await lab.tokens.issue("s1", "u1");
		expect(await lab.tokens.verify(token)).toBeDefined();
		await lab.clock.advance(31 * days);
		const elsewhere = new AccessTokens(lab.keysOf(undefined), lab.clock, 600_000);
		expect(await lab.tokens.verify((await elsewhere.issue("s2", "u1")).token)).toMatchObject({ session: "s2" });
	});

	test("that nobody knows are not looked for each time", async () => {
		const lab = await accessLab();
		const { token } = await lab.tokens.issue("s1", "u1");
		const [, payload, signature] = token.split(".");
		await lab.tokens.verify(token);
		await lab.clock.advance(1_000);
		lab.asked.length = 0;
		for (let kid = 0; kid < 50; kid++) {
			await lab.tokens.verify(`${part({ alg: "ES256", kid: `${kid}`, typ: "at+jwt" })}.${payload}.${signature}`);
		}
		expect(lab.asked).toEqual(["signingKeys"]);
	});

	test("are waited for by all who come while they are read: no good token is refused meanwhile", async () => {
		const lab = await accessLab();
		const { token } = await lab.tokens.issue("s1", "u1");
		const elsewhere = new AccessTokens(lab.keysOf(undefined), lab.clock, 600_000);
		const answers = await Promise.all(Array.from({ length: 20 }, () => elsewhere.verify(token)));
		expect(answers.filter((claims) => claims?.session === "s1")).toHaveLength(20);
	});

	test("that the database does not give are its failure, and no refusal, for whoever comes", async () => {
		const lab = await accessLab();
		const { token } = await lab.tokens.issue("s1", "u1");
		const { signingKeys } = lab.store;
		lab.store.signingKeys = () => Promise.reject(new Error("the database is away"));
		const elsewhere = new AccessTokens(lab.keysOf(undefined), lab.clock, 600_000);
		for (let n = 0; n < 3; n++) await expect(elsewhere.verify(token)).rejects.toThrow("the database is away");
		lab.store.signingKeys = signingKeys;
		await lab.clock.advance(1_000);
		expect(await elsewhere.verify(token)).toMatchObject({ session: "s1" });
	});

	test("are sealed by the secret of the configuration; with another one a new one is made, and the old one verifies", async () => {
		const lab = await accessLab({ secret: "the first secret" });
		const { token } = await lab.tokens.issue("s1", "u1");
		const [row] = await lab.store.signingKeys();
		expect(row?.privateKey).toMatch(/^sealed:1:/);
		const other = new AccessTokens(lab.keysOf("another secret"), lab.clock, 600_000);
		await lab.clock.advance(1_000);
		const { token: next } = await other.issue("s2", "u1");
		expect(await other.issue("s3", "u1")).toBeDefined();
		expect(await lab.store.signingKeys()).toHaveLength(2);
		expect(await other.verify(token)).toMatchObject({ session: "s1" });
		await lab.clock.advance(1_000);
		expect(await lab.tokens.verify(next)).toMatchObject({ session: "s2" });
	});
});
