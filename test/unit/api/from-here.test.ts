import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import { createOperations } from "#api/api.ts";
import { systemClock } from "#core/clock.ts";
import { permanent, transient } from "#core/errors.ts";
import type { Principal } from "#domain/access.ts";
import { Health } from "#observability/health.ts";
import { createMetrics } from "#observability/metrics.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { loopback } from "#test/support/embedded.ts";
import { quietLevels } from "#test/support/quiet-levels.ts";
import { SmallLab } from "#test/support/small-lab.ts";

/** fetch sends no Host of one's own. */
function ask(address: string, path: string, headers: Readonly<Record<string, string>> = {}) {
	return new Promise<{ readonly status: number | undefined; readonly body: Record<string, unknown> }>(
		(resolve, reject) => {
			request(address + path, { headers }, (response) => {
				let text = "";
				response.on("data", (part: Buffer) => {
					text += part.toString();
				});
				response.on("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
			})
				.on("error", reject)
				.end();
		},
	);
}

describe("an API where nobody has to say who he is", () => {
	let lab: SmallLab;
	let api: Api;
	let address: string;
	beforeEach(async () => {
		lab = new SmallLab();
		api = apiOfLab(await lab.open());
		address = await api.listen();
	});
	afterEach(async () => {
		await api.close(0);
		await lab.remove();
	});

	it("answers programs and pages of this machine", async () => {
		const port = new URL(address).port;
		for (const headers of [
			{},
			{ host: `localhost:${port}` },
			{ host: `127.0.0.1:${port}`, origin: "http://localhost:3000" },
		]) {
			expect((await ask(address, "/api/v1/jobs", headers)).status).toBe(200);
		}
	});

	it.each([
		[
			"a page that has its own name lead here (DNS rebinding)",
			{ host: "evil.example:8080", origin: "http://evil.example:8080" },
		],
		["a program that has a name lead here", { host: "evil.example" }],
		["a page of another site", { origin: "https://evil.example" }],
		["who comes through a proxy", { "x-forwarded-for": "203.0.113.9" }],
		["who comes through a proxy that says so in the newer way", { forwarded: "for=203.0.113.9" }],
	])("refuses %s", async (_, headers) => {
		expect(await ask(address, "/api/v1/jobs", headers)).toMatchObject({ status: 403, body: { code: "NOT_FROM_HERE" } });
	});
});

describe("health for whom nobody knows", () => {
	it("is states, and nothing of addresses, errors and alerts; alerts are for this machine", async () => {
		const health = new Health(systemClock);
		health.failed("catalog", { error: transient("AWAY", "nobody at db.lab:5432"), againInMs: 60_000 });
		const operations = createOperations(
			{ health, metrics: createMetrics(), levels: quietLevels(), alerts: { active: [] }, report: () => {} },
			loopback,
		);
		const address = await operations.listen();
		try {
			const strange = { host: "lab.example" };
			const near = await ask(address, "/health");
			expect(JSON.stringify(near.body)).toContain("db.lab");
			const far = await ask(address, "/health", strange);
			expect(far.body).toMatchObject({
				ok: near.body.ok,
				dependencies: [{ name: "catalog", state: "down", lastError: null }],
			});
			expect(JSON.stringify((await ask(address, "/health/ready", strange)).body)).not.toContain("db.lab");
			expect((await ask(address, "/api/v1/alerts", strange)).status).toBe(403);
			expect((await ask(address, "/api/v1/alerts")).status).toBe(200);
		} finally {
			await operations.close(0);
		}
	});
});

it("the metrics of an API that asks who one is are for who says it, and for this machine", async () => {
	const lab = new SmallLab();
	const identify = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): Principal => {
		if (headers.authorization === undefined) throw permanent("UNAUTHENTICATED", "nobody", { fix: "Say who you are." });
		return { kind: "key", id: "k", name: "prometheus", role: "viewer", projects: "all" };
	};
	const api = apiOfLab(await lab.open(), { identify });
	const address = await api.listen();
	const status = (headers: Readonly<Record<string, string>>) =>
		new Promise((resolve, reject) => {
			request(`${address}/metrics`, { headers }, (response) => resolve(response.resume().statusCode))
				.on("error", reject)
				.end();
		});
	try {
		expect(await status({})).toBe(200);
		expect(await status({ host: "lab.example" })).toBe(401);
		expect(await status({ host: "lab.example", authorization: "Bearer k" })).toBe(200);
	} finally {
		await api.close(0);
		await lab.remove();
	}
});
