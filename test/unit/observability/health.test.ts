import { beforeEach, describe, expect, it } from "vitest";
import { fault, transient } from "#core/errors.ts";
import { createReport } from "#observability/events.ts";
import { Health } from "#observability/health.ts";
import { createLogger } from "#observability/logger.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

describe("what a process knows of its neighbours", () => {
	const error = transient("AWAY", "nobody answers", { fix: "Start it." });
	let clock: ManualClock;
	let health: Health;
	let report: ReturnType<typeof createReport>;
	beforeEach(() => {
		clock = new ManualClock();
		health = new Health(clock);
		const logger = createLogger({ level: "silent", pretty: false, colours: false });
		report = createReport({ logger, health });
	});
	const of = (name: string) => health.dependencies().find((one) => one.name === name);

	it("is how long it took to answer, and when", () => {
		report({ event: "neighbour.looked", neighbour: "catalog", detail: "PostgreSQL", seconds: 0.003 });
		const at = clock.now();
		expect(of("catalog")).toEqual({
			name: "catalog",
			state: "up",
			since: at,
			detail: "PostgreSQL",
			optional: false,
			breaker: "closed",
			attempts: 0,
			nextAttemptAt: undefined,
			lastError: undefined,
			look: { at, seconds: 0.003 },
			recovery: { times: 0, last: undefined },
		});
	});

	it("is why it is away, how often it was tried, when it will be next, and that it is then", async () => {
		const at = clock.now();
		report({ event: "neighbour.away", neighbour: "catalog", error, againInMs: 100 });
		expect(of("catalog")).toMatchObject({
			state: "down",
			breaker: "open",
			attempts: 1,
			nextAttemptAt: at + 100,
			detail: "AWAY: nobody answers — Start it.",
			lastError: { code: "AWAY", message: "nobody answers", fix: "Start it.", at },
		});
		await clock.advance(100);
		expect(of("catalog")?.breaker).toBe("half-open");
		report({ event: "neighbour.retried", neighbour: "catalog", error, attempts: 2, againInMs: 200 });
		expect(of("catalog")).toMatchObject({ breaker: "open", attempts: 2, nextAttemptAt: at + 300, since: at });
	});

	it("is how often it came back by itself, the last time when, after how many attempts and how long", async () => {
		for (const times of [1, 2]) {
			report({ event: "neighbour.away", neighbour: "catalog", error, againInMs: 100 });
			report({ event: "neighbour.retried", neighbour: "catalog", error, attempts: 2, againInMs: 200 });
			await clock.advance(300 * times);
			report({ event: "neighbour.back", neighbour: "catalog", attempts: 2 });
			// Another who waited for it: it was back already.
			report({ event: "neighbour.back", neighbour: "catalog", attempts: 2 });
			const last = { at: clock.now(), attempts: 2, afterMs: 300 * times };
			expect(of("catalog")).toMatchObject({ state: "up", breaker: "closed", attempts: 0, recovery: { times, last } });
		}
		expect(of("catalog")?.lastError).toMatchObject({ code: "AWAY" });
	});

	it("is what those say who call it, for as long as they do: a look sees less", async () => {
		report({ event: "neighbour.away", neighbour: "work queue", error, againInMs: 5_000 });
		report({ event: "neighbour.looked", neighbour: "work queue", detail: "RabbitMQ", seconds: 0.01 });
		expect(of("work queue")).toMatchObject({ state: "down", look: { seconds: 0.01 } });
		await clock.advance(15_001);
		report({ event: "neighbour.looked", neighbour: "work queue", detail: "RabbitMQ", seconds: 0.01 });
		expect(of("work queue")).toMatchObject({ state: "up", recovery: { times: 1 } });
	});

	it("is not changed by a look that fails, and is back, while calls fail", async () => {
		const seconds = 0.01;
		report({ event: "neighbour.away", neighbour: "work queue", error, againInMs: 5_000 });
		const looked = transient("SLOW", "no answer to a look");
		report({ event: "neighbour.away", neighbour: "work queue", error: looked, againInMs: 100, byLook: true });
		report({ event: "neighbour.back", neighbour: "work queue", attempts: 1, byLook: true });
		report({ event: "neighbour.looked", neighbour: "work queue", detail: "RabbitMQ", seconds });
		expect(of("work queue")).toMatchObject({ state: "down", recovery: { times: 0 }, lastError: { code: "AWAY" } });
		report({ event: "neighbour.back", neighbour: "work queue", attempts: 1 });
		expect(of("work queue")).toMatchObject({ state: "up", recovery: { times: 1 } });
	});

	it("is at once what a look sees where only looks failed", () => {
		report({ event: "neighbour.away", neighbour: "disk", error, againInMs: 5_000, byLook: true });
		expect(of("disk")).toMatchObject({ state: "down", attempts: 1, lastError: { code: "AWAY" } });
		report({ event: "neighbour.back", neighbour: "disk", attempts: 1, byLook: true });
		report({ event: "neighbour.looked", neighbour: "disk", detail: "room", seconds: 0.01 });
		expect(of("disk")).toMatchObject({ state: "up", detail: "room", recovery: { times: 1, last: { attempts: 1 } } });
	});

	it("makes a process unready when it cannot do without, and never dead", () => {
		report({ event: "cache.away", error, againInMs: 250 });
		expect(of("cache")).toMatchObject({ state: "down", optional: true });
		expect([health.ready().ok, health.live().ok]).toEqual([true, true]);
		report({ event: "neighbour.away", neighbour: "catalog", error, againInMs: 100 });
		expect([health.ready().ok, health.live().ok]).toEqual([false, true]);
		report({ event: "role.broken", role: "flow", error: fault("BROKEN", "no way on") });
		expect(health.live().ok).toBe(false);
	});

	it("makes nobody unready who is only told onwards, whether it was called or looked at", () => {
		const sink = "sink/kafka";
		report({ event: "neighbour.looked", neighbour: sink, detail: "Kafka", seconds: 0.01 });
		expect(of(sink)).toMatchObject({ state: "up", optional: true });
		report({ event: "neighbour.away", neighbour: sink, error, againInMs: 100 });
		expect(of(sink)).toMatchObject({ state: "down", optional: true });
		report({ event: "neighbour.retried", neighbour: sink, error, attempts: 2, againInMs: 100 });
		expect(health.ready().ok).toBe(true);
		report({ event: "neighbour.back", neighbour: sink, attempts: 2 });
		expect(of(sink)).toMatchObject({ state: "up", optional: true, recovery: { times: 1 } });
	});

	it("is the same of sources, pools and pipelines", () => {
		report({ event: "source.trouble", source: "plates", error });
		report({ event: "source.trouble", source: "plates", error });
		report({ event: "pool.retried", pool: "default", error, attempts: 3, againInMs: 500 });
		report({ event: "pipeline.trouble", pipeline: "elisa", error });
		expect(of("source plates")).toMatchObject({
			state: "down",
			attempts: 2,
			breaker: "open",
			nextAttemptAt: undefined,
		});
		expect(of("pool default")).toMatchObject({ attempts: 3, nextAttemptAt: clock.now() + 500 });
		expect(of("pipeline elisa")).toMatchObject({ state: "down", lastError: { fix: "Start it." } });
		report({ event: "pipeline.ready", pipeline: "elisa", analysis: "elisa.R" });
		expect(of("pipeline elisa")).toMatchObject({ state: "up", recovery: { times: 1 } });
	});
});
