import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Api, createOperations } from "#api/api.ts";
import { systemClock } from "#core/clock.ts";
import { Health } from "#observability/health.ts";
import { createMetrics } from "#observability/metrics.ts";
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
			{ health, metrics: createMetrics(), levels: quietLevels(), report: () => {} },
			{ host: "127.0.0.1", port },
		);
	}
});
