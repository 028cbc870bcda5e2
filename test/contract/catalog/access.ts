import { describe, expect, it } from "vitest";
import type { NewKey, NewUser } from "#core/ports/access-store.ts";
import type { CatalogUnderTest } from "../catalog.ts";

const anna: NewUser = { name: "Anna", role: "viewer", projects: ["elisa"], password: "$argon2id$anna" };
const key: NewKey = {
	id: "wr_3f9c2a7d",
	name: "lims",
	hash: "hash of it",
	role: "service",
	projects: "all",
	permissions: ["read"],
	expiresAt: 5_000,
};
const by = (now: number) => ({ actor: "cli:bert@host", now, why: "asked for", request: "r1" });

/** Users, keys and sessions; all that changes them is told in the audit log. */
export function describeAccess(under: () => CatalogUnderTest): void {
	const access = () => under().catalog.access;
	/** What happened to what, oldest first. */
	async function told(target?: string): Promise<readonly string[]> {
		const { items } = await under().catalog.audit.page({ limit: 100, order: "asc", filter: {} });
		return items.filter((row) => target === undefined || row.target === target).map(({ action }) => action);
	}

	describe("users", () => {
		it("are there once they were added, and changed as it was said", async () => {
			const added = await access().addUser(anna, by(1_000));
			expect(await access().users()).toEqual([added]);
			expect(added).toMatchObject({ ...anna, subject: undefined, createdAt: 1_000, disabledAt: undefined });
			await access().changeUser("anna", { role: "operator" }, by(2_000));
			await access().changeUser("anna", { projects: "all" }, by(2_000));
			const changed = await access().changeUser("ANNA", { password: "$other", disabled: true }, by(3_000));
			expect(changed).toEqual({ ...added, role: "operator", projects: "all", password: "$other", disabledAt: 3_000 });
			expect(await access().userNamed("anna")).toEqual(changed);
			expect((await access().changeUser("anna", { disabled: false }, by(4_000))).disabledAt).toBeUndefined();
			expect(await told("user:Anna")).toEqual([
				"user.added",
				"user.role-changed",
				"user.role-changed",
				"user.password-changed",
				"user.disabled",
				"user.enabled",
			]);
			const { items } = await under().catalog.audit.page({ limit: 1, order: "asc", filter: {} });
			expect(items[0]).toMatchObject({
				actor: "cli:bert@host",
				why: "asked for",
				request: "r1",
				at: 1_000,
				detail: { role: "viewer", projects: ["elisa"] },
			});
			expect(JSON.stringify(await under().catalog.audit.page({ limit: 100, filter: {} }))).not.toContain("argon2");
		});

		it.each(["Anna", "ANNA", "ａｎｎａ"])(
			"have names of their own, whatever the way they are written: %s",
			async (name) => {
				await access().addUser(anna, by(1));
				await expect(access().addUser({ ...anna, name }, by(2))).rejects.toMatchObject({ code: "USER_EXISTS" });
				expect(await access().users()).toHaveLength(1);
				expect(await told()).toEqual(["user.added"]);
			},
		);

		it("that nobody knows are not changed", async () => {
			const changing = access().changeUser("nobody", { disabled: true }, by(1));
			await expect(changing).rejects.toMatchObject({ code: "USER_UNKNOWN", class: "permanent" });
			expect(await access().userNamed("nobody")).toBeUndefined();
		});

		it("of another house are made once, and are what they are there now", async () => {
			const subject = "https://login.lab 42";
			const first = await access().knownElsewhere(subject, { name: "carla", role: "viewer", projects: "all" }, by(1));
			const again = await access().knownElsewhere(subject, { name: "carla", role: "viewer", projects: "all" }, by(2));
			expect(again).toEqual(first);
			const promoted = { name: "Carla K", role: "operator", projects: ["elisa"] } as const;
			expect(await access().knownElsewhere(subject, promoted, by(3))).toEqual({ ...first, ...promoted });
			expect(await told()).toEqual(["user.added", "user.changed"]);
		});

		it("of another house do not become somebody of this one by taking his name", async () => {
			await access().addUser(anna, by(1));
			const taking = access().knownElsewhere(
				"https://login.lab 43",
				{ name: "anna", role: "admin", projects: "all" },
				by(2),
			);
			await expect(taking).rejects.toMatchObject({ code: "USER_EXISTS" });
			await access().knownElsewhere("https://login.lab 43", { name: "other", role: "viewer", projects: "all" }, by(3));
			const renamed = access().knownElsewhere(
				"https://login.lab 43",
				{ name: "ANNA", role: "viewer", projects: "all" },
				by(4),
			);
			await expect(renamed).rejects.toMatchObject({ code: "USER_EXISTS" });
		});
	});

	it.each(["an\0na", "\0", "", "an na", "\ud800", "a".repeat(65)])("%j is nobody's name", async (name) => {
		await access().addUser(anna, by(1));
		expect(await access().userNamed(name)).toBeUndefined();
	});

	it("who logs in elsewhere is given another role there, and not here", async () => {
		await access().knownElsewhere("https://login.lab 42", { name: "Carla", role: "viewer", projects: "all" }, by(1));
		for (const change of [{ role: "admin" }, { projects: ["elisa"] }] as const) {
			const changing = access().changeUser("carla", change, by(2));
			await expect(changing).rejects.toMatchObject({
				code: "USER_ELSEWHERE",
				fix: expect.stringContaining("access.oidc.grants"),
			});
		}
		expect(await told("user:Carla")).toEqual(["user.added"]);
		expect(await access().changeUser("carla", { disabled: true }, by(3))).toMatchObject({ role: "viewer" });
	});

	describe("keys", () => {
		it("are there once they were made, and are revoked once", async () => {
			await access().addKey(key, by(1_000));
			const made = { ...key, createdAt: 1_000, usedAt: undefined, revokedAt: undefined };
			expect(await access().key(key.id)).toEqual(made);
			await access().addKey({ ...key, id: "wr_other", permissions: undefined, expiresAt: undefined }, by(2_000));
			expect((await access().keys()).map(({ id }) => id)).toEqual(["wr_other", key.id]);
			await access().revokeKey(key.id, by(3_000));
			await access().revokeKey(key.id, by(4_000));
			expect(await access().key(key.id)).toEqual({ ...made, revokedAt: 3_000 });
			await expect(access().revokeKey("wr_nobody", by(1))).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
			expect(await told(`key:${key.id}`)).toEqual(["key.created", "key.revoked"]);
		});

		it("say when they were used last, to the minute", async () => {
			await access().addKey(key, by(1_000));
			const used = async (now: number) => {
				await access().keyUsed(key.id, now);
				return (await access().key(key.id))?.usedAt;
			};
			expect(await used(100_000)).toBe(100_000);
			expect(await used(159_999)).toBe(100_000);
			expect(await used(160_000)).toBe(160_000);
		});
	});

	it("somebody can say who he is while there is a user who is not disabled, or a key that is good", async () => {
		expect(await access().anybody(1_000)).toBe(false);
		await access().addKey(key, by(1_000));
		expect(await access().anybody(4_999)).toBe(true);
		expect(await access().anybody(5_000)).toBe(false);
		await access().addKey({ ...key, id: "wr_other", expiresAt: undefined }, by(1_000));
		expect(await access().anybody(5_000)).toBe(true);
		await access().revokeKey("wr_other", by(1_000));
		expect(await access().anybody(5_000)).toBe(false);
		await access().addUser(anna, by(1_000));
		expect(await access().anybody(5_000)).toBe(true);
		await access().changeUser("anna", { disabled: true }, by(1_000));
		expect(await access().anybody(5_000)).toBe(false);
	});

	describe("sessions", () => {
		async function begun(id = "s1", expiresAt = 10_000) {
			const user = (await access().userNamed("anna")) ?? (await access().addUser(anna, by(1_000)));
			await access().beginSession({ id, user: user.id, expiresAt, refresh: `${id} 1`, address: "::1" }, by(1_000));
			return user;
		}

		it("go on by refresh tokens, each good for one use", async () => {
			const user = await begun();
			const session = { id: "s1", user, expiresAt: 10_000, endedAt: undefined };
			expect(await access().session("s1")).toEqual(session);
			expect(await access().refresh("s1 1", "s1 2", 2_000)).toEqual({ kind: "refreshed", session });
			expect(await access().refresh("s1 2", "s1 3", 3_000)).toEqual({ kind: "refreshed", session });
			expect(await access().refresh("made up", "x", 3_000)).toEqual({ kind: "over" });
			expect((await access().session("s1"))?.endedAt).toBeUndefined();
		});

		it("end, and the audit log says so, when a token comes a second time", async () => {
			await begun("s1", 100_000);
			await begun("s2", 100_000);
			await access().refresh("s1 1", "s1 2", 2_000);
			expect(await access().refresh("s1 1", "s1 x", 12_000)).toMatchObject({ kind: "reused", session: { id: "s1" } });
			expect(await access().session("s1")).toMatchObject({ endedAt: 12_000 });
			for (const token of ["s1 2", "s1 x", "s1 1"]) {
				expect(await access().refresh(token, "y", 13_000)).toEqual({ kind: "over" });
			}
			expect(await told("session:s1")).toEqual(["session.begun", "session.token-reused"]);
			expect(await access().refresh("s2 1", "s2 2", 13_000)).toMatchObject({ kind: "refreshed" });
		});

		it("go on by one of two who come with the same token at the same time, as two tabs do", async () => {
			await begun("s1", 100_000);
			const answers = await Promise.all(["a", "b"].map((next) => access().refresh("s1 1", next, 2_000)));
			expect(answers.map(({ kind }) => kind).toSorted()).toEqual(["refreshed", "repeated"]);
			expect(await access().refresh("s1 1", "c", 11_999)).toMatchObject({ kind: "repeated" });
			expect(await access().refresh("c", "d", 11_999)).toEqual({ kind: "over" });
			const given = answers[0]?.kind === "refreshed" ? "a" : "b";
			expect(await access().refresh(given, "e", 12_000)).toMatchObject({ kind: "refreshed" });
			expect((await access().session("s1"))?.endedAt).toBeUndefined();
			expect(await told("session:s1")).toEqual(["session.begun"]);
		});

		it("are found by their refresh tokens, used or not, and tell where they were begun", async () => {
			await begun();
			await access().refresh("s1 1", "s1 2", 2_000);
			for (const token of ["s1 1", "s1 2"]) expect(await access().sessionOfRefresh(token)).toMatchObject({ id: "s1" });
			expect(await access().sessionOfRefresh("made up")).toBeUndefined();
			const { items } = await under().catalog.audit.page({ limit: 1, filter: { target: "session:s1" } });
			expect(items[0]?.detail).toMatchObject({ address: "::1" });
		});

		it("end with a logout, once; with their time; with another password; with their user", async () => {
			await begun();
			await access().endSession("s1", by(2_000));
			await access().endSession("s1", by(3_000));
			expect(await access().refresh("s1 1", "x", 3_000)).toEqual({ kind: "over" });
			expect(await told("session:s1")).toEqual(["session.begun", "session.ended"]);
			await begun("s2");
			expect(await access().refresh("s2 1", "x", 10_000)).toEqual({ kind: "over" });
			await begun("s3");
			await access().changeUser("anna", { password: "$new" }, by(4_000));
			expect(await access().session("s3")).toMatchObject({ endedAt: 4_000 });
			await begun("s4");
			await access().changeUser("anna", { disabled: true }, by(5_000));
			expect(await access().session("s4")).toMatchObject({ endedAt: 5_000 });
			await access().changeUser("anna", { disabled: false }, by(6_000));
			expect(await access().refresh("s4 1", "x", 6_000)).toEqual({ kind: "over" });
		});

		it("go on when only the role of their user changes, which they know at once", async () => {
			await begun();
			await access().changeUser("anna", { role: "admin" }, by(2_000));
			expect(await access().session("s1")).toMatchObject({ user: { role: "admin" }, endedAt: undefined });
		});

		it("are cleared away when their time is over and another begins", async () => {
			await begun("s1", 1_500);
			const user = await begun("s2", 9_000);
			await access().beginSession(
				{ id: "s3", user: user.id, expiresAt: 9_000, refresh: "s3 1", address: "::1" },
				by(2_000),
			);
			expect(await access().session("s1")).toBeUndefined();
			expect(await access().session("s2")).toBeDefined();
			expect(await access().refresh("s1 1", "x", 2_000)).toEqual({ kind: "over" });
		});
	});

	it("signing keys: of two who make one at a time, both take the one that was first", async () => {
		const made = (kid: string, createdAt: number) => ({ kid, publicKey: "{}", privateKey: "sealed", createdAt });
		const both = await Promise.all(["a", "b"].map((kid) => access().addSigningKey(made(kid, 1_000), 500, 0)));
		expect(both[0]).toEqual(both[1]);
		expect(both[0]).toHaveLength(1);
		const [first] = await access().signingKeys();
		expect(await access().addSigningKey(made("c", 2_000), 1_500, 0)).toEqual([made("c", 2_000), first]);
		expect(await access().addSigningKey(made("d", 9_000), 8_000, 1_001)).toEqual([made("d", 9_000), made("c", 2_000)]);
	});

	describe("attempts to log in", () => {
		const limits = { withinMs: 1_000, accountFromNetwork: 3, account: 6, network: 8 };
		const anna = { account: "anna", network: "10.0.0.1" };
		const attempt = (tried: object, now: number) => access().attempt({ ...anna, ...tried }, limits, now);
		/** How many of so many are let through. */
		async function through(count: number, tried: (n: number) => object, now = 100): Promise<number> {
			let passed = 0;
			for (let n = 0; n < count; n++) if ((await attempt(tried(n), now)) === 0) passed++;
			return passed;
		}

		it("are made up to a limit, after which one has to wait", async () => {
			const waits = [];
			for (const now of [100, 200, 300, 400, 1_099]) waits.push(await attempt({}, now));
			expect(waits).toEqual([0, 0, 0, 700, 1]);
			expect(await attempt({}, 1_100)).toBe(0);
			expect(await told("user:anna")).toEqual(["login.limited"]);
		});

		it("count before they are made, however many at once", async () => {
			const waits = await Promise.all(Array.from({ length: 20 }, () => attempt({}, 100)));
			expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
		});

		it("from one place do not keep out who comes from another", async () => {
			expect(await through(20, () => ({}))).toBe(3);
			expect(await attempt({ network: "10.0.0.2" }, 100)).toBe(0);
		});

		it("on an account are limited from wherever they are made", async () => {
			expect(await through(20, (n) => ({ network: `10.0.${n}.1` }))).toBe(6);
			expect(await told("user:anna")).toEqual(["login.limited"]);
		});

		it("are limited of a network as well, whosever name is tried; those that it refuses count for nobody", async () => {
			expect(await through(20, (n) => ({ account: `a${n}` }))).toBe(8);
			expect(await through(20, () => ({}))).toBe(0);
			expect(await through(20, (n) => ({ network: `10.0.${n}.1` }))).toBe(6);
			expect(await told("address:10.0.0.1")).toEqual(["login.limited"]);
		});

		it("do not count when they were right, nor what was tried before from there", async () => {
			await through(2, () => ({}));
			await attempt({}, 100);
			await access().succeeded(anna);
			expect(await through(20, () => ({}))).toBe(3);
			for (let n = 0; n < 50; n++) {
				expect(await attempt({ account: "bert" }, 100)).toBe(0);
				await access().succeeded({ ...anna, account: "bert" });
			}
		});

		it.each([{ password: "$new" }, { disabled: false }])("no longer count once an admin sets %j", async (change) => {
			await access().addUser({ ...anna, name: "Anna", role: "viewer", projects: "all" }, by(1));
			await through(20, (n) => ({ network: `10.0.${n % 2}.1` }));
			expect(await attempt({}, 100)).toBeGreaterThan(0);
			await access().changeUser("ANNA", { role: "operator" }, by(100));
			expect(await attempt({}, 100)).toBeGreaterThan(0);
			await access().changeUser("ANNA", change, by(100));
			expect(await through(20, (n) => ({ network: `10.0.${n % 2}.1` }))).toBe(6);
		});

		it("are told of users by their names, and of names that nobody can have", async () => {
			await access().addUser({ name: "Anna", role: "viewer", projects: "all" }, by(1));
			await through(3, () => ({}));
			expect(await told("user:Anna")).toEqual(["user.added", "login.limited"]);
			await through(3, () => ({ account: "no\0body", network: "10.0.0.2" }));
			expect(await told("user:no\0body")).toEqual(["login.limited"]);
		});
	});
}
