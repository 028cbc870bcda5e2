import { createLocalJWKSet, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashPassword } from "#access/passwords.ts";
import type { Api } from "#api/api.ts";
import { identifying } from "#app/access.ts";
import type { Workbench } from "#cli/application.ts";
import { systemClock } from "#core/clock.ts";
import { refuseUserName } from "#domain/access.ts";
import { openAccess } from "#domain/access-settings.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

const password = "correct horse battery staple";

let lab: SmallLab;
let bench: Workbench;
let api: Api;
let address: string;
/** By how much the clock of sessions is ahead: nobody waits here. */
let aheadMs: number;
beforeEach(async () => {
	aheadMs = 0;
	lab = new SmallLab();
	bench = await lab.open();
	const settings = { ...lab.settings, access: { ...openAccess, required: true } };
	await bench.catalog.access.addUser(
		{ name: "anna", role: "operator", projects: "all", password: await hashPassword(password) },
		{ actor: "cli:test", now: Date.now() },
	);
	const clock = {
		...systemClock,
		now: () => systemClock.now() + aheadMs,
		monotonic: () => systemClock.monotonic() + aheadMs,
	};
	api = apiOfLab(bench, { settings, ...(await identifying(settings, { ...bench, clock }, () => {})) });
	address = await api.listen();
});
afterEach(async () => {
	await api.close(0);
	await lab.remove();
});

interface Session {
	readonly name: string;
	readonly csrf: string;
	readonly access: string | null;
	readonly refresh: string | null;
	readonly code?: string;
}

/** What a browser would send back, by what it was sent. */
class Browser {
	readonly #cookies = new Map<string, string>();

	async ask(method: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}) {
		const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
		const answer = await fetch(address + path, {
			method,
			headers: { ...(body && { "content-type": "application/json" }), ...(cookie !== "" && { cookie }), ...headers },
			...(body && { body: JSON.stringify(body) }),
			redirect: "manual",
		});
		const kept = answer.headers.getSetCookie();
		for (const line of kept) {
			const [name = "", value = ""] = line.split(";")[0]?.split("=") ?? [];
			if (value === "") this.#cookies.delete(name);
			else this.#cookies.set(name, value);
		}
		const text = await answer.text();
		return {
			status: answer.status,
			kept,
			headers: answer.headers,
			body: (text === "" ? {} : JSON.parse(text)) as Session,
		};
	}

	cookie(name: string): string | undefined {
		return this.#cookies.get(name);
	}
}

const login = { name: "anna", password };

describe("a browser", () => {
	it("is logged in by cookies that no script reads and no other site's page has sent along", async () => {
		const browser = new Browser();
		expect((await browser.ask("GET", "/api/v1/jobs")).status).toBe(401);
		const { status, kept, body, headers } = await browser.ask("POST", "/api/v1/session", login);
		expect([status, body.name, body.access, body.refresh]).toEqual([200, "anna", null, null]);
		expect(headers.get("cache-control")).toBe("no-store");
		expect(kept).toHaveLength(2);
		for (const cookie of kept) expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
		expect(kept[0]).toMatch(/^__Host-wr_access=[^;]+; Path=\/; /);
		expect(kept[1]).toMatch(/^__Host-wr_refresh=[^;]+; Path=\/; /);
		expect((await browser.ask("GET", "/api/v1/jobs")).status).toBe(200);
		expect((await browser.ask("GET", "/api/v1/session")).body).toMatchObject({ name: "anna", role: "operator" });
	});

	it("changes something only with the token that the page was told", async () => {
		const browser = new Browser();
		const { csrf } = (await browser.ask("POST", "/api/v1/session", login)).body;
		const pause = { kind: "pause", target: { type: "source", name: "plates" } };
		const without = await browser.ask("POST", "/api/v1/operations", pause);
		expect([without.status, without.body.code]).toEqual([403, "CSRF_TOKEN_MISSING"]);
		const wrong = await browser.ask("POST", "/api/v1/operations", pause, { "x-csrf-token": `${csrf.slice(1)}x` });
		expect(wrong.status).toBe(403);
		expect((await browser.ask("POST", "/api/v1/operations", pause, { "x-csrf-token": csrf })).status).toBe(200);
	});

	it("goes on by its refresh token, once; who uses it again ends the session of both", async () => {
		const browser = new Browser();
		await browser.ask("POST", "/api/v1/session", login);
		const stolen = browser.cookie("__Host-wr_refresh") ?? "";
		const { body } = await browser.ask("POST", "/api/v1/session/refresh", {});
		expect(body.csrf).not.toBe("");
		expect(browser.cookie("__Host-wr_refresh")).not.toBe(stolen);
		expect((await browser.ask("GET", "/api/v1/jobs")).status).toBe(200);
		const repeated = await new Browser().ask("POST", "/api/v1/session/refresh", { refresh: stolen });
		expect([repeated.status, repeated.body.code]).toEqual([409, "REFRESH_REPEATED"]);
		expect((await browser.ask("GET", "/api/v1/jobs")).status).toBe(200);
		aheadMs = 10_001;
		const replayed = await new Browser().ask("POST", "/api/v1/session/refresh", { refresh: stolen });
		expect([replayed.status, replayed.body.code]).toEqual([401, "SESSION_OVER"]);
		expect((await browser.ask("POST", "/api/v1/session/refresh", {})).status).toBe(401);
		const { items } = await bench.catalog.audit.page({ limit: 10, filter: {} });
		expect(items.map(({ action }) => action)).toContainEqual(expect.stringContaining("reused"));
	});

	it("is logged out here and everywhere its cookies were copied to", async () => {
		const browser = new Browser();
		const { csrf } = (await browser.ask("POST", "/api/v1/session", login)).body;
		const copied = browser.cookie("__Host-wr_access") ?? "";
		expect((await browser.ask("DELETE", "/api/v1/session")).status).toBe(403);
		expect((await browser.ask("DELETE", "/api/v1/session", undefined, { "x-csrf-token": csrf })).status).toBe(204);
		expect(browser.cookie("__Host-wr_access")).toBeUndefined();
		expect((await browser.ask("POST", "/api/v1/session/refresh", { refresh: "x" })).status).toBe(401);
		const { body } = await new Browser().ask("GET", "/api/v1/session", undefined, {
			authorization: `Bearer ${copied}`,
		});
		// What is known of a session is asked for again after 5 seconds.
		expect([undefined, "UNAUTHENTICATED"]).toContain(body.code);
	});

	it("is logged out by its refresh cookie when its access token has expired, and forgets both", async () => {
		const browser = new Browser();
		await browser.ask("POST", "/api/v1/session", login);
		const refresh = browser.cookie("__Host-wr_refresh");
		aheadMs = 11 * 60_000;
		expect((await browser.ask("GET", "/api/v1/jobs")).status).toBe(401);
		expect((await browser.ask("DELETE", "/api/v1/session")).status).toBe(204);
		expect([browser.cookie("__Host-wr_access"), browser.cookie("__Host-wr_refresh")]).toEqual([undefined, undefined]);
		const { body } = await new Browser().ask("POST", "/api/v1/session/refresh", { refresh });
		expect(body.code).toBe("SESSION_OVER");
		expect((await new Browser().ask("DELETE", "/api/v1/session")).status).toBe(204);
	});
});

describe("a program", () => {
	it("is given tokens, which others verify by the published keys", async () => {
		const { body } = await new Browser().ask("POST", "/api/v1/session", { ...login, as: "token" });
		const authorization = `Bearer ${body.access}`;
		expect((await new Browser().ask("GET", "/api/v1/jobs", undefined, { authorization })).status).toBe(200);
		const keys = await (await fetch(`${address}/.well-known/jwks.json`)).json();
		expect(JSON.stringify(keys)).not.toContain('"d"');
		const { payload, protectedHeader } = await jwtVerify(body.access ?? "", createLocalJWKSet(keys as never));
		expect([payload.iss, payload.aud, protectedHeader.alg]).toEqual(["watchrabbit", "watchrabbit-api", "ES256"]);
	});
});

describe("a login that is refused", () => {
	it("is told in the same words for a wrong name and a wrong password", async () => {
		const words = async (given: object) => {
			const { status, body } = await new Browser().ask("POST", "/api/v1/session", given);
			return [status, { ...body, requestId: "" }];
		};
		const wrong = await words({ name: "anna", password: "another" });
		expect(wrong[0]).toBe(401);
		expect(await words({ name: "nobody", password })).toEqual(wrong);
	});

	it("is limited by account", async () => {
		const statuses = [];
		for (let n = 0; n < 12; n++) {
			statuses.push((await new Browser().ask("POST", "/api/v1/session", { name: "anna", password: "x" })).status);
		}
		expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
		expect(statuses.slice(10)).toEqual([429, 429]);
		const { headers } = await new Browser().ask("POST", "/api/v1/session", { name: "anna", password: "x" });
		expect(Number(headers.get("retry-after"))).toBeGreaterThan(800);
	});

	it("is told in words where the house logs in by a name that can be none here", async () => {
		const oidc = {
			begin: async () => ({ url: "https://login.lab/", pending: "begun" }),
			finish: async () => {
				refuseUserName("anna smith");
				throw new Error("that name was taken");
			},
		};
		await api.close(0);
		const settings = { ...lab.settings, access: { ...openAccess, required: true } };
		const { identify, doors } = await identifying(settings, { ...bench, clock: systemClock }, () => {});
		api = apiOfLab(bench, { settings, ...(identify && { identify }), ...(doors && { doors: { ...doors, oidc } }) });
		address = await api.listen();
		const { kept } = await new Browser().ask("GET", "/api/v1/session/oidc");
		expect(kept[0]).toMatch(/^__Host-wr_oidc=begun; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/);
		const { status, body } = await new Browser().ask("GET", "/api/v1/session/oidc/callback?code=c&state=s");
		expect([status, body.code]).toEqual([403, "USER_NAME"]);
	});
});
