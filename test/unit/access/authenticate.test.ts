import { describe, expect, test } from "vitest";
import { Authenticator, accessCookie, csrfHeader } from "#access/authenticate.ts";
import type { Principal } from "#domain/access.ts";
import { type AccessLab, accessLab } from "#test/support/access-lab.ts";

const password = "four words that rhyme";

async function who(lab: AccessLab, headers: Record<string, string>, method = "GET"): Promise<Principal> {
	return await lab.authenticator.authenticate({ method, headers });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function login(lab: AccessLab, name = "anna") {
	return await lab.logins.login(name, password, { address: "10.0.0.1" });
}

test("who says nothing of himself, or nothing that can be understood, is refused", async () => {
	const lab = await accessLab();
	await expect(who(lab, {})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	await expect(who(lab, { cookie: "theme=dark" })).rejects.toMatchObject({ message: "this asks who you are" });
	for (const authorization of ["Bearer x", "Basic YTpi", "Bearer", "", "wr_3f9c2a7d_x", "Bearer a b", "Bearer é"]) {
		await expect(who(lab, { authorization })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	}
});

describe("an API key", () => {
	test("says who has it, what he may, and where", async () => {
		const lab = await accessLab();
		const { key, id } = await lab.addKey({ role: "operator", projects: ["elisa"], permissions: ["read"] });
		expect(await who(lab, bearer(key))).toEqual({
			kind: "key",
			id,
			name: `lims (${id})`,
			role: "operator",
			projects: ["elisa"],
			permissions: ["read"],
		});
		expect(await who(lab, { authorization: `bearer ${key}` })).toMatchObject({ id });
	});

	test("is refused when it is nobody's, or its secret another's, in the same words", async () => {
		const lab = await accessLab();
		const [one, other] = [await lab.addKey(), await lab.addKey()];
		const mixed = `${one.id}_${other.key.slice(other.id.length + 1)}`;
		const unknown = `wr_00000000_${other.key.slice(other.id.length + 1)}`;
		for (const key of [mixed, unknown]) {
			await expect(who(lab, bearer(key))).rejects.toMatchObject({ message: "nobody has this API key" });
		}
	});

	test("is good until it expires", async () => {
		const lab = await accessLab();
		const { key } = await lab.addKey({ expiresAt: lab.clock.now() + 3_000 });
		expect(await who(lab, bearer(key))).toMatchObject({ kind: "key" });
		await lab.clock.advance(3_000);
		await expect(who(lab, bearer(key))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});

	test("costs no query while it is known, and is known for 5 seconds", async () => {
		const lab = await accessLab();
		const { key } = await lab.addKey();
		await Promise.all(Array.from({ length: 20 }, () => who(lab, bearer(key))));
		expect(lab.asked.filter((name) => name === "key")).toHaveLength(1);
		lab.asked.length = 0;
		await lab.clock.advance(4_999);
		const principals = new Set<Principal>();
		for (let i = 0; i < 1_000; i++) principals.add(await who(lab, bearer(key)));
		expect(lab.asked).toEqual([]);
		expect(principals.size).toBe(1);
		await lab.clock.advance(2);
		await who(lab, bearer(key));
		expect(lab.asked).toEqual(["key"]);
	});

	test("that was revoked is refused within 5 seconds, by a process that knew it as well", async () => {
		const lab = await accessLab();
		const { key, id } = await lab.addKey();
		await who(lab, bearer(key));
		await lab.store.revokeKey(id, lab.by());
		await lab.clock.advance(5_001);
		await expect(who(lab, bearer(key))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});

	test("that nobody has is not asked of the database each time", async () => {
		const lab = await accessLab();
		const { key, id } = await lab.addKey();
		const unknown = key.replace(id, "wr_00000000");
		for (let i = 0; i < 20; i++) await who(lab, bearer(unknown)).catch(() => {});
		expect(lab.asked.filter((name) => name === "key")).toHaveLength(1);
	});

	test("is known still when others made up more ids than are kept", async () => {
		const { store, clock, tokens, addKey } = await accessLab();
		const { key, id } = await addKey();
		const asked: string[] = [];
		const only = {
			key: async (one: string) => {
				asked.push(one);
				return one === id ? await store.key(id) : undefined;
			},
			keyUsed: async () => {},
			session: async () => undefined,
		};
		const authenticator = new Authenticator({ store: only, tokens, clock });
		const ask = async (token: string) => authenticator.authenticate({ method: "GET", headers: bearer(token) });
		await ask(key);
		for (let n = 0; n < 10_001; n++) {
			await ask(key.replace(id, `wr_${n.toString(16).padStart(8, "0")}`)).catch(() => {});
		}
		asked.length = 0;
		expect(await ask(key)).toMatchObject({ id });
		expect(asked).toEqual([]);
	});

	test("says when it was used last, once a minute, and by nobody who only knows its beginning", async () => {
		const lab = await accessLab();
		const { key, id } = await lab.addKey();
		const [other] = [await lab.addKey()];
		await who(lab, bearer(`${id}_${other.key.slice(other.id.length + 1)}`)).catch(() => {});
		expect(lab.asked).not.toContain("keyUsed");
		for (let second = 0; second < 120; second += 4) {
			await who(lab, bearer(key));
			await lab.clock.advance(4_000);
		}
		expect(lab.asked.filter((name) => name === "keyUsed")).toHaveLength(2);
		expect((await lab.store.key(id))?.usedAt).toBe(lab.clock.now() - 60_000);
	});
});

describe("an access token", () => {
	test("says who logged in, and what he may now, not then", async () => {
		const lab = await accessLab();
		const { id } = await lab.addUser("anna", password);
		const { access } = await login(lab);
		expect(await who(lab, bearer(access))).toEqual({ kind: "user", id, name: "anna", role: "viewer", projects: "all" });
		await lab.store.changeUser("anna", { role: "operator", projects: ["elisa"] }, lab.by());
		await lab.clock.advance(5_001);
		expect(await who(lab, bearer(access))).toMatchObject({ role: "operator", projects: ["elisa"] });
	});

	test("costs no query while its session is known", async () => {
		const lab = await accessLab();
		await lab.addUser("anna", password);
		const { access } = await login(lab);
		await who(lab, bearer(access));
		lab.asked.length = 0;
		for (let i = 0; i < 100; i++) await who(lab, bearer(access));
		expect(lab.asked).toEqual([]);
	});

	test.each([
		[
			"a logout",
			async (lab: AccessLab, session: string) => lab.logins.logout(session, { name: "anna" }, { address: "::1" }),
		],
		["another password", async (lab: AccessLab) => lab.store.changeUser("anna", { password: "$x" }, lab.by())],
		["being disabled", async (lab: AccessLab) => lab.store.changeUser("anna", { disabled: true }, lab.by())],
	])("is refused within 5 seconds after %s", async (_, ending) => {
		const lab = await accessLab();
		await lab.addUser("anna", password);
		const { access, session } = await login(lab);
		await who(lab, bearer(access));
		await ending(lab, session);
		await lab.clock.advance(5_001);
		await expect(who(lab, bearer(access))).rejects.toMatchObject({
			code: "UNAUTHENTICATED",
			message: "the login is over",
		});
	});

	test("of a session that nobody began is refused, though we signed it", async () => {
		const lab = await accessLab();
		const { token } = await lab.tokens.issue("made up", "u1");
		await expect(who(lab, bearer(token))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});
});

describe("a browser", () => {
	const cookies = (access: string) => ({ cookie: `theme=dark; ${accessCookie}=${access}; x=${accessCookie}` });

	test("reads with its cookie alone", async () => {
		const lab = await accessLab();
		await lab.addUser("anna", password);
		const { access } = await login(lab);
		for (const method of ["GET", "HEAD", "OPTIONS"]) {
			expect(await who(lab, cookies(access), method)).toMatchObject({ name: "anna" });
		}
	});

	test.each(["POST", "PUT", "PATCH", "DELETE", "get"])(
		"%s with its cookie needs the token that only our page was told",
		async (method) => {
			const lab = await accessLab();
			await lab.addUser("anna", password);
			const { access, csrf } = await login(lab);
			const other = await login(lab);
			for (const wrong of [{}, { [csrfHeader]: "" }, { [csrfHeader]: other.csrf }]) {
				const asking = who(lab, { ...cookies(access), ...wrong }, method);
				await expect(asking).rejects.toMatchObject({ code: "CSRF_TOKEN_MISSING" });
			}
			expect(await who(lab, { ...cookies(access), [csrfHeader]: csrf }, method)).toMatchObject({ name: "anna" });
		},
	);

	test("whose login is over is told so", async () => {
		const lab = await accessLab();
		await expect(who(lab, cookies("x.y.z"))).rejects.toMatchObject({ message: "the login is over" });
	});

	test("with a key besides is who has the key: no cookie is looked at", async () => {
		const lab = await accessLab();
		await lab.addUser("anna", password);
		const { key } = await lab.addKey();
		expect(await who(lab, { ...cookies((await login(lab)).access), ...bearer(key) }, "POST")).toMatchObject({
			kind: "key",
		});
	});
});
