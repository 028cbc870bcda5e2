import { describe, expect, test } from "vitest";
import { type AccessLab, accessLab } from "#test/support/access-lab.ts";

const password = "four words that rhyme";
const here = { address: "10.0.0.1", request: "r1" };

async function withAnna() {
	const lab = await accessLab();
	await lab.addUser("Anna", password, { projects: ["elisa"] });
	return lab;
}

async function told({ catalog }: AccessLab) {
	const { items } = await catalog.audit.page({ limit: 100, order: "asc", filter: {} });
	return items.map(({ actor, action, target }) =>
		[actor, action, target].join(" ").replace(/session:[\w-]+/, "session"),
	);
}

describe("a login", () => {
	test("begins a session, which the audit log tells", async () => {
		const lab = await withAnna();
		const given = await lab.logins.login("ANNA", password, here);
		expect(given).toMatchObject({ user: { name: "Anna", role: "viewer", projects: ["elisa"] } });
		expect(given).toMatchObject({ expiresAt: lab.clock.now() + 600_000, endsAt: lab.clock.now() + 43_200_000 });
		expect(JSON.stringify(given)).not.toContain("argon2");
		expect((await told(lab)).at(-1)).toBe("user:Anna session.begun session");
		const { items } = await lab.catalog.audit.page({ limit: 1, filter: {} });
		expect(items[0]?.request).toBe("r1");
	});

	test("is refused in the same words, whatever is wrong", async () => {
		const lab = await withAnna();
		await lab.addUser("gone", password);
		await lab.store.changeUser("gone", { disabled: true }, lab.by());
		await lab.store.knownElsewhere("https://login 1", { name: "carla", role: "viewer", projects: "all" }, lab.by());
		const refusals = [];
		for (const [name, tried] of [
			["Anna", "wrong password"],
			["nobody", password],
			["gone", password],
			["carla", password],
			["carla", ""],
		]) {
			refusals.push(await lab.logins.login(name ?? "", tried ?? "", here).catch((thrown: unknown) => thrown));
		}
		for (const refusal of refusals) {
			expect(refusal).toMatchObject({ code: "LOGIN_REFUSED", message: "the name or the password is wrong" });
		}
	});

	test("costs the same whether there is such a user, such a password, or neither", async () => {
		const lab = await withAnna();
		const median = async (name: string) => {
			const times: number[] = [];
			for (let i = 0; i < 9; i++) {
				const before = process.cpuUsage();
				await lab.logins.login(name, "wrong password", { address: `10.0.${i}.1` }).catch(() => {});
				const { user, system } = process.cpuUsage(before);
				times.push(user + system);
			}
			return times.toSorted((a, b) => a - b)[4] ?? 0;
		};
		const [known, unknown] = [await median("Anna"), await median("nobody")];
		// A guess takes some 40 ms of work: without it the ratio would be beyond 10.
		expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(2);
	});

	test("is tried ten times for an account from one place, then waits there for a quarter of an hour", async () => {
		const lab = await withAnna();
		for (let i = 0; i < 10; i++) {
			const wrong = lab.logins.login(i % 2 === 0 ? "anna" : "ANNA", "wrong password", here);
			await expect(wrong).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
		}
		const limited = { code: "LOGIN_LIMITED", class: "transient", againInMs: 900_000 };
		await expect(lab.logins.login("Anna", password, here)).rejects.toMatchObject(limited);
		expect(await told(lab)).toContain("anonymous login.limited user:Anna");
		expect(await lab.logins.login("anna", password, { address: "10.9.9.9" })).toBeDefined();
		await lab.clock.advance(900_000);
		expect(await lab.logins.login("anna", password, here)).toBeDefined();
	});

	test("counts alike for names that there are and names that there are not, however they are written", async () => {
		const lab = await withAnna();
		for (const [name, other] of [
			["anna", "ANNA"],
			["nobody", "NOBODY"],
		] as const) {
			const codes = [];
			for (let i = 0; i < 11; i++) {
				const refusal = lab.logins.login(i < 6 ? name : other, "x", here).catch((thrown: { code: string }) => thrown);
				codes.push(((await refusal) as { code: string }).code);
			}
			expect(codes).toEqual([...Array<string>(10).fill("LOGIN_REFUSED"), "LOGIN_LIMITED"]);
		}
	});

	test("that is refused is told with its account and network, and never with what was typed", async () => {
		const lab = await withAnna();
		const visitor = { address: "2001:db8::1" };
		for (const name of ["ANNA", "nobody"]) await lab.logins.login(name, "wrong password", visitor).catch(() => {});
		expect(lab.reported).toEqual([
			{ event: "login.refused", account: "Anna", network: "2001:db8:0:0::/64" },
			{ event: "login.refused", network: "2001:db8:0:0::/64" },
		]);
	});

	test("that is right does not count", async () => {
		const lab = await withAnna();
		for (let i = 0; i < 15; i++) await lab.logins.login("anna", password, { address: `10.0.0.${i}` });
	});
});

describe("a session", () => {
	test("goes on by its refresh token, each time by another, until its end", async () => {
		const lab = await withAnna();
		const first = await lab.logins.login("anna", password, here);
		await lab.clock.advance(500_000);
		const second = await lab.logins.refresh(first.refresh);
		expect(second).toMatchObject({
			session: first.session,
			endsAt: first.endsAt,
			expiresAt: lab.clock.now() + 600_000,
		});
		expect(new Set([first.refresh, second.refresh, first.access, second.access]).size).toBe(4);
		await lab.clock.advance(43_200_000);
		await expect(lab.logins.refresh(second.refresh)).rejects.toMatchObject({ code: "SESSION_OVER" });
	});

	test("ends for thief and owner when a refresh token comes a second time, and the audit log says so", async () => {
		const lab = await withAnna();
		const first = await lab.logins.login("anna", password, here);
		const stolen = await lab.logins.refresh(first.refresh);
		await lab.clock.advance(10_000);
		await expect(lab.logins.refresh(first.refresh)).rejects.toMatchObject({ code: "SESSION_OVER" });
		await expect(lab.logins.refresh(stolen.refresh)).rejects.toMatchObject({ code: "SESSION_OVER" });
		await lab.clock.advance(5_001);
		const asking = async () =>
			lab.authenticator.authenticate({ method: "GET", headers: { authorization: `Bearer ${stolen.access}` } });
		await expect(asking()).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		expect(await told(lab)).toContain("user:Anna session.token-reused session");
	});

	test("goes on when a refresh token comes again within 10 seconds, which is refused", async () => {
		const lab = await withAnna();
		const first = await lab.logins.login("anna", password, here);
		const second = await lab.logins.refresh(first.refresh);
		await lab.clock.advance(9_999);
		await expect(lab.logins.refresh(first.refresh)).rejects.toMatchObject({ code: "REFRESH_REPEATED" });
		expect(await lab.logins.refresh(second.refresh)).toMatchObject({ session: first.session });
	});

	test("is over after a logout", async () => {
		const lab = await withAnna();
		const { session, refresh, user } = await lab.logins.login("anna", password, here);
		await lab.logins.logout(session, user, here);
		await expect(lab.logins.refresh(refresh)).rejects.toMatchObject({ code: "SESSION_OVER" });
		expect((await told(lab)).at(-1)).toBe("user:Anna session.ended session");
	});

	test("leaves nothing in the catalog that opens one", async () => {
		const lab = await withAnna();
		const { refresh, access, csrf } = await lab.logins.login("anna", password, here);
		const session = await lab.store.session((await lab.logins.refresh(refresh)).session);
		const kept = JSON.stringify([
			session,
			await lab.store.users(),
			await lab.catalog.audit.page({ limit: 100, filter: {} }),
		]);
		for (const secret of [refresh, access, csrf, password]) expect(kept).not.toContain(secret);
	});
});
