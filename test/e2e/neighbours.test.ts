import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { DependencyReport, HealthReport } from "#observability/health-report.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { describeWith } from "#test/support/services.ts";
import { type LinkName, startUnreliableServices, type UnreliableServices } from "#test/support/unreliable-services.ts";

/** What stands behind each link, as the product calls it. */
const named = [
	["redis", "cache"],
	["postgres", "catalog"],
	["broker", "work queue"],
	["s3", "object store"],
] as const satisfies readonly (readonly [LinkName, string])[];

describeWith(["postgres", "rabbitmq", "s3", "redis", "toxiproxy"], "the neighbours of a process", () => {
	let services: UnreliableServices;
	let lab: Product;
	let up: Running;
	let address: string;
	beforeAll(async () => {
		services = await startUnreliableServices();
		({ lab } = await services.createLab({}));
		up = lab.start("up");
		await up.says(/at work/);
		await up.says(/pool default.*ready in/);
		address = await up.address();
	});
	afterEach(() => Promise.all(Object.values(services.links).map((link) => link.mend())));
	afterAll(async () => {
		await lab?.remove();
		await services?.stop();
	});

	const health = async () => (await (await fetch(`${address}/health`)).json()) as HealthReport;
	const when = (name: string, hoped: (one: DependencyReport) => boolean) =>
		eventually(
			async () => (await health()).dependencies.find((one) => one.name === name && hoped(one)),
			() => `${name} is as it is hoped; it says ${up.output.slice(-2_000)}`,
		);

	it("are all there, with where they are and how long they take", async () => {
		for (const [, name] of named) {
			const { detail, latencySeconds, breaker } = await when(name, ({ latencySeconds }) => latencySeconds !== null);
			expect(breaker).toBe("closed");
			expect(detail).toMatch(/^(Redis|PostgreSQL|RabbitMQ|bucket .*) at 127\.0\.0\.1:\d+/);
			expect(latencySeconds).toBeGreaterThan(0);
		}
		const { stdout, code } = await lab.run("health");
		expect(stdout).toMatch(/^process \d+ is well, and takes work\nSTATE +WHAT +FOR +LATENCY/);
		for (const name of ["disk", "pool default", "role flow", "source instrument"])
			expect(stdout).toContain(`up     ${name}`);
		expect(code).toBe(0);
	});

	async function goes([link, name]: (typeof named)[number]): Promise<DependencyReport> {
		await services.links[link].cut();
		const away = await when(name, ({ state, attempts }) => state === "down" && attempts > 1);
		// Others are away at the same time: what this one is for the process, it says of itself.
		expect(away.optional).toBe(name === "cache");
		expect(away.breaker).not.toBe("closed");
		expect(away.lastError).toMatchObject({
			code: expect.stringMatching(/AWAY|UNAVAILABLE|UNREACHABLE/),
			at: expect.any(String),
		});
		expect(Date.parse(away.nextAttemptAt ?? "")).toBeGreaterThan(Date.parse(away.lastError?.at ?? ""));
		expect((await fetch(`${address}/health/live`)).status).toBe(200);
		const told = await lab.run("health");
		expect(told.code, told.stderr).toBe(name === "cache" ? 0 : 1);
		expect(told.stdout).toMatch(new RegExp(`down +${name} .*\\d+ failed.*(AWAY|UNAVAILABLE|UNREACHABLE): `));
		expect(told.stdout).toContain(`→ ${name}: `);
		return away;
	}

	async function comesBack([link, name]: (typeof named)[number], away: DependencyReport): Promise<void> {
		await services.links[link].mend();
		const back = await when(name, ({ state }) => state === "up");
		expect(back).toMatchObject({ breaker: "closed", attempts: 0, lastError: { code: away.lastError?.code } });
		expect(back.recovered.times).toBeGreaterThanOrEqual(1);
		expect(back.recovered.afterAttempts).toBeGreaterThan(1);
		const metrics = async () => await (await fetch(`${address}/metrics`)).text();
		expect(await metrics()).toContain(`watchrabbit_neighbour_up{neighbour="${name}"} 1`);
		const latency = new RegExp(`watchrabbit_neighbour_latency_seconds\\{neighbour="${name}"\\} [\\d.e-]+`);
		await eventually(
			async () => latency.exec(await metrics()) ?? undefined,
			() => "the next look at it says how long it takes",
		);
	}

	it("go and come back: the page says of each why, how often it was tried, and that it recovered", async () => {
		// Without the cache alone a process is well.
		const [cache, ...others] = named;
		const cacheAway = await goes(cache);
		const goAndComeBack = async (one: (typeof named)[number]) => await comesBack(one, await goes(one));
		await Promise.all([comesBack(cache, cacheAway), ...others.map(goAndComeBack)]);
	});

	it("are asked as JSON by whom it pleases", async () => {
		await eventually(
			async () => ((await fetch(`${address}/health/ready`)).ok ? true : undefined),
			() => "all is well again",
		);
		const [report] = await lab.json<HealthReport & { pid: number }>("health");
		expect(report).toMatchObject({ pid: up.child.pid, ok: true, live: true });
		await up.stop();
		expect(await lab.run("health")).toMatchObject({ code: 3, stderr: expect.stringContaining("nothing runs") });
	});
});
