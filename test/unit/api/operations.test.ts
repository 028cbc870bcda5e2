import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Api, createOperations } from "#api/api.ts";
import { systemClock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import { Health } from "#observability/health.ts";
import { createMetrics } from "#observability/metrics.ts";
import { loopback } from "#test/support/embedded.ts";
import { quietLevels } from "#test/support/quiet-levels.ts";

describe("health and metrics of a process without an API", () => {
	let api: Api;
	let health: Health;
	let address: string;
	beforeEach(async () => {
		health = new Health(systemClock);
		api = open(0);
		address = await api.listen();
	});
	afterEach(() => api.close(0));

	const status = async (path: string) => (await fetch(address + path)).status;

	it("are there, and nothing of what is known is", async () => {
		expect([await status("/health/live"), await status("/metrics")]).toEqual([200, 200]);
		expect(await status("/api/v1/results")).toBe(404);
	});

	it("say that it is not ready as long as a part of it is not, and while it drains", async () => {
		health.set("pool default", "starting", "engine fork");
		expect(await status("/health/ready")).toBe(503);
		health.set("pool default", "up", "2 workers");
		expect(await status("/health/ready")).toBe(200);
		api.drain();
		expect([await status("/health/ready"), await status("/health/live")]).toEqual([503, 200]);
	});

	it("are one page of all that it works with, as JSON and for people", async () => {
		const error = transient("AWAY", 'nobody at <b>"db"</b>', { fix: "Start it." });
		health.looked("broker", 0.0123, "RabbitMQ at broker.lab");
		health.failed("catalog", { error, againInMs: 60_000 });
		const json = await fetch(`${address}/health`);
		expect(json.status).toBe(503);
		expect(json.headers.get("cache-control")).toBe("no-store");
		expect(await json.json()).toMatchObject({
			ok: false,
			live: true,
			draining: false,
			dependencies: [
				{ name: "broker", state: "up", breaker: "closed", latencySeconds: 0.0123, lastError: null },
				{
					name: "catalog",
					breaker: "open",
					attempts: 1,
					latencySeconds: null,
					lastError: { code: "AWAY", fix: "Start it." },
				},
			],
		});
		const page = await fetch(`${address}/health`, { headers: { accept: "text/html,*/*" } });
		expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
		expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
		const html = await page.text();
		for (const shown of ["not ready", "broker", "RabbitMQ at broker.lab", "12 ms", "open, 1 failed", "Start it."]) {
			expect(html).toContain(shown);
		}
		expect(html).toMatch(/<time datetime="\S+Z">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC<\/time>/);
		expect(html).toContain("nobody at &#60;b&#62;&#34;db&#34;");
		expect(html).not.toMatch(/<script|<b>|src=|href=/);
		health.set("catalog", "up", "answers");
		expect(await (await fetch(`${address}/health`)).json()).toMatchObject({
			ok: true,
			dependencies: [{}, { state: "up", recovered: { times: 1, afterAttempts: 1, lastAt: expect.any(String) } }],
		});
	});

	it("are of a process whose log gets louder only for this machine: neither for a page in a browser nor through a proxy", async () => {
		const change = async (headers: Record<string, string>) => {
			const body = JSON.stringify({ level: "error" });
			const sent = { "content-type": "application/json", ...headers };
			return (await fetch(`${address}/log-level`, { method: "PUT", headers: sent, body })).status;
		};
		expect(await change({ origin: "http://lab.example" })).toBe(403);
		expect(await change({ forwarded: "for=192.0.2.1" })).toBe(403);
		expect(await change({ "x-forwarded-for": "192.0.2.1" })).toBe(403);
		expect(await change({})).toBe(200);
	});

	it("say where another program has the port, and which key gives another", async () => {
		const { port } = new URL(address);
		const second = open(Number(port));
		await expect(second.listen()).rejects.toMatchObject({
			code: "PORT_IN_USE",
			fix: expect.stringContaining("http.operations"),
		});
		await second.close(0);
	});

	function open(port: number): Api {
		return createOperations(
			{ health, metrics: createMetrics(), levels: quietLevels(), alerts: { active: [] }, report: () => {} },
			{ ...loopback, port },
		);
	}
});
