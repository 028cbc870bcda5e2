import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Running } from "#app/running.ts";
import { openState, type State } from "#app/state.ts";
import type { Workplace } from "#app/workplace.ts";
import { MemoryCache } from "#connectors/memory/cache.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import { systemClock } from "#core/clock.ts";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import { untraced } from "#core/ports/tracer.ts";
import { WakeUp } from "#core/wake-up.ts";
import { openAccess } from "#domain/access-settings.ts";
import { quietAlerts } from "#domain/alert-settings.ts";
import { defaultObjectives } from "#domain/objectives.ts";
import { workplaceIn } from "#domain/places.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { PipelineSettings, Settings } from "#domain/settings.ts";
import { Health } from "#observability/health.ts";
import { createMetrics } from "#observability/metrics.ts";
import { acquisition, arrival, intake, plan } from "#test/support/acquisitions.ts";
import { embedded, loopback } from "#test/support/embedded.ts";
import { poolSettings } from "#test/support/pool-settings.ts";
import { quietLevels } from "#test/support/quiet-levels.ts";
import { until } from "#test/support/spine.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describe("the roles of a process", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let state: State;
	let running: Running | undefined;
	let told: InternalEvent[];
	let broken: WatchRabbitError[];
	const patience = new AbortController().signal;
	beforeEach(async () => {
		directory = temporaryDirectory();
		state = await openState({ data: join(directory.path, "data"), services: embedded }, () => {});
		told = [];
		broken = [];
	});
	afterEach(async () => {
		await running?.drain(5_000);
		running = undefined;
		await state.close();
		directory.remove();
		expect(broken).toEqual([]);
	});

	const alone: Pick<Workplace, "installation" | "alone"> = { installation: "test", alone: true };

	function run(
		roles: ConstructorParameters<typeof Running>[0]["roles"],
		changes: Partial<State> = {},
		place = alone,
	): Running {
		const metrics = createMetrics();
		const report = (event: InternalEvent) => void told.push(event);
		const onBroken = (error: WatchRabbitError) => void broken.push(error);
		const clock = systemClock;
		running = new Running({
			settings: settingsOf(directory.path),
			customStages: {},
			roles,
			state: { ...state, ...changes },
			cache: new MemoryCache(),
			workplace: { ...place, directory: join(directory.path, "data"), served: () => {}, leave: () => {} },
			clock,
			report,
			tracer: untraced,
			metrics,
			health: new Health(clock),
			levels: quietLevels(),
			alerts: { active: [] },
			onBroken,
		});
		return running;
	}

	it("asked whether they are idle, wait out a catalog that is away", async () => {
		let failures = 2;
		const pending = async (pools?: readonly string[]) => {
			if (failures-- > 0) throw transient("DATABASE_BUSY", "another process holds it");
			return await state.catalog.pending(pools);
		};
		const roles = run([], { catalog: withOther(state.catalog, { pending }) });
		await roles.start();
		await until("it is idle", () => roles.rest.idle(patience));
		expect(told.map(({ event }) => event)).toEqual(["neighbour.away", "neighbour.retried", "neighbour.back"]);
	});

	it("are idle when all that is left waits for a pool that does not start, though its queue does not hold all of it; and say why", async () => {
		const of = (i: number) => acquisition(`f${i}`, `content ${i}`);
		const arrivals = Array.from({ length: 30 }, (_, i) => arrival(of(i), { plans: [plan(of(i), { pool: "stuck" })] }));
		await state.catalog.commitIntake(intake(arrivals));
		const queue = new SqliteWorkQueue(join(directory.path, "small-queue.db"), { bound: 10 });
		try {
			const roles = run(["flow", "work"], { queue });
			await roles.start();
			await until("nothing can go on", () => roles.rest.idle(patience));
			expect(await state.catalog.pending()).toMatchObject({ jobs: 30, outbox: 30 });
			expect(await roles.rest.stuck()).toMatchObject({ code: "R_MISSING", fix: expect.stringContaining("Install R") });
			await roles.drain(5_000);
		} finally {
			await queue.close();
		}
	});

	it("are not stuck by a pool that does not start when nothing waits for it", async () => {
		const roles = run(["flow", "work"]);
		await roles.start();
		await until("the pool is in trouble", () => told.some(({ event }) => event === "pool.trouble"));
		await until("nothing can go on", () => roles.rest.idle(patience));
		expect(await roles.rest.stuck()).toBeUndefined();
	});

	it.each([
		[["serve"], []],
		[["work"], ["operations", "dispatch", "outcomes", "live"]],
	] as const)("are rung only where somebody waits or has something to tell: %s", async (roles, names) => {
		const asked: string[] = [];
		const wakeUp = (name: string) => {
			asked.push(name);
			return new WakeUp();
		};
		run(roles, { wakeUp });
		expect(asked).toEqual(names);
	});

	it("dispatch in one of the processes that share a catalog, and in another when that one ends", async () => {
		const relayed = new Set<string>();
		const process = (installation: string) => {
			const relay: Catalog["relay"] = (...given) => {
				relayed.add(installation);
				return state.catalog.relay(...given);
			};
			return run(["flow"], { catalog: withOther(state.catalog, { relay }) }, { installation, alone: false });
		};
		const first = process("first");
		await first.start();
		await until("it dispatches", () => relayed.has("first"));
		const second = process("second");
		await second.start();
		await state.catalog.commitIntake(intake([arrival(acquisition("a", "A"))]));
		await until("the job is in the queue", async () => (await state.catalog.pending()).outbox === 0);
		expect([...relayed]).toEqual(["first"]);
		await first.drain(5_000);
		await until("the second dispatches", () => relayed.has("second"));
	});
});

/** The catalog, but for what a test says for itself. */
function withOther(catalog: Catalog, other: Partial<Catalog>): Catalog {
	return new Proxy(catalog, {
		get(target, name) {
			const own = Reflect.get(other, name) ?? Reflect.get(target, name);
			return typeof own === "function" ? own.bind(target) : own;
		},
	});
}

function settingsOf(path: string): Settings {
	const script = join(path, "count.R");
	mkdirSync(workplaceIn(join(path, "data")).runs, { recursive: true });
	writeFileSync(script, "");
	const pool = poolSettings({ name: "stuck", engine: "fork", rscript: join(path, "no-such-Rscript") });
	const pipeline: PipelineSettings = {
		name: "elisa",
		from: "plates",
		stages: [],
		analysis: { file: script, files: [] },
		params: {},
		pool: "stuck",
		timeoutMs: 60_000,
		priority: 4,
		retry: { attempts: 3, backoffMs: 1_000, maxBackoffMs: 60_000 },
		retryOn: [],
	};
	return {
		file: undefined,
		data: join(path, "data"),
		http: loopback,
		operations: undefined,
		telemetry: { traces: undefined, logs: undefined },
		objectives: defaultObjectives,
		alerts: quietAlerts,
		projects: [],
		access: openAccess,
		graceMs: 10_000,
		services: embedded,
		sources: [],
		pipelines: [pipeline],
		pools: [pool],
	};
}
