import { describe, expect, test } from "vitest";
import { systemClock } from "#core/clock.ts";
import { fault, permanent, transient } from "#core/errors.ts";
import { createReport, declarations } from "#observability/events.ts";
import { expose } from "#observability/expose.ts";
import { Health } from "#observability/health.ts";
import { createLogger, logLevel } from "#observability/logger.ts";
import { createMetrics } from "#observability/metrics.ts";

function observed() {
	const lines: string[] = [];
	const logger = createLogger({
		level: "debug",
		pretty: false,
		colours: false,
		stream: { write: (line: string) => void lines.push(line) },
	});
	const metrics = createMetrics();
	const health = new Health(systemClock);
	return {
		lines,
		metrics,
		health,
		report: createReport({ logger, metrics, health }),
		last: () => JSON.parse(lines.at(-1) as string) as Record<string, unknown>,
	};
}

describe("an internal event", () => {
	test("becomes one JSON line with its name, its fields and a sentence", () => {
		const { report, last } = observed();
		report({ event: "intake.committed", arrivals: 3, jobsCreated: 1, jobsLinked: 2, seconds: 0.01 });
		expect(last()).toMatchObject({
			level: "debug",
			event: "intake.committed",
			arrivals: 3,
			msg: "3 acquisitions taken in: 1 job made, 2 linked to jobs that existed",
		});
		expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
	});

	test("carries the fix of its error, and a stack only for a fault", () => {
		const { report, last } = observed();
		const error = permanent("UNREADABLE", "permission denied", { fix: "Let the service read it." });
		report({ event: "unit.refused", source: "plates", path: "a\n.csv", error });
		expect(last().msg).toContain("a\\n.csv is in quarantine: UNREADABLE: permission denied — Let the service");
		expect(last().error).toEqual({
			code: "UNREADABLE",
			class: "permanent",
			message: "permission denied",
			fix: "Let the service read it.",
		});
		report({ event: "role.broken", role: "flow", error: fault("BROKEN", "no way on") });
		expect(last().error).toHaveProperty("stack");
	});

	test("moves the metrics that follow from it", async () => {
		const { report, metrics } = observed();
		const common = { job: "j1", pipeline: "elisa", pool: "default", source: "plates", key: "a.csv", traceparent: "" };
		const completed = { event: "job.completed", ...common, result: "r1", runSeconds: 0.2, promised: true } as const;
		report({ ...completed, totalSeconds: 0.3, peakMemoryBytes: 9e7 });
		report({ ...completed, totalSeconds: 901, peakMemoryBytes: null });
		const failed = {
			event: "job.failed",
			...common,
			message: "",
			againInMs: undefined,
			peakMemoryBytes: 2e8,
			promised: true,
		} as const;
		report({ ...failed, code: "R_ERROR", outcome: "dead" });
		report({ ...failed, code: "NOT_READY", outcome: "not-ready" });
		const text = (await expose(metrics, undefined)).text;
		expect(text).toContain('watchrabbit_attempts_total{pipeline="elisa",outcome="completed"} 2');
		expect(text).toContain('watchrabbit_attempts_total{pipeline="elisa",outcome="failed"} 1');
		expect(text).toContain('watchrabbit_run_seconds_count{pipeline="elisa"} 2');
		expect(text).toContain('watchrabbit_failures_total{pipeline="elisa",code="R_ERROR"} 1');
		expect(text).not.toContain('code="NOT_READY"');
		for (const outcome of ["within", "late", "dead"]) {
			expect(text).toContain(`watchrabbit_objective_results_total{outcome="${outcome}"} 1`);
		}
		expect(text).toContain('watchrabbit_run_peak_memory_bytes_count{pool="default"} 3');
	});

	test("counts towards the objective only what was promised", async () => {
		const { report, metrics } = observed();
		const common = { job: "j1", pipeline: "elisa", pool: "default", source: "plates", key: "a.csv", traceparent: "" };
		const ended = (promised: boolean) => {
			const of = { ...common, promised, peakMemoryBytes: null };
			report({ event: "job.completed", ...of, result: "r1", runSeconds: 0.2, totalSeconds: 0.3 });
			report({ event: "job.completed", ...of, result: "r1", runSeconds: 0.2, totalSeconds: 259_200 });
			const failed = { code: "R_ERROR", message: "", againInMs: undefined };
			report({ event: "job.failed", ...of, ...failed, outcome: "dead" });
			report({ event: "job.lost", ...of, ...failed, worker: "host:1", isDead: true });
			report({ event: "job.refused", job: "j1", pool: "default", promised, error: permanent("BROKEN", "no") });
		};
		for (const promised of [false, true]) ended(promised);
		const text = (await expose(metrics, undefined)).text;
		const counted = { within: 1, late: 1, dead: 3 };
		for (const [outcome, count] of Object.entries(counted)) {
			expect(text).toContain(`watchrabbit_objective_results_total{outcome="${outcome}"} ${count}`);
		}
		expect(text).toContain('watchrabbit_attempts_total{pipeline="elisa",outcome="completed"} 4');
	});

	test("counts what is refused, by whom and why: of the edge, and a group", async () => {
		const { report, metrics } = observed();
		const of = { source: "plates", traceparent: "" };
		report({ event: "unit.refused", ...of, path: "a", error: permanent("UNREADABLE", "no") });
		report({ event: "group.refused", ...of, key: "S1", members: 1, error: permanent("GROUP_INCOMPLETE", "no") });
		const text = (await expose(metrics, undefined)).text;
		for (const code of ["UNREADABLE", "GROUP_INCOMPLETE"]) {
			expect(text).toContain(`watchrabbit_refused_total{source="plates",code="${code}"} 1`);
		}
	});

	test("says which roles work, and whether the broker takes messages", async () => {
		const { report, metrics } = observed();
		const lines = async () => (await expose(metrics, undefined)).text.split("\n");
		report({ event: "role.started", role: "flow" });
		report({ event: "role.starting", role: "work" });
		report({ event: "broker.blocked", reason: "low on memory" });
		expect(await lines()).toContain('watchrabbit_role_up{role="flow"} 1');
		expect(await lines()).toContain('watchrabbit_role_up{role="work"} 0');
		expect(await lines()).toContain("watchrabbit_broker_blocked 1");
		report({ event: "broker.unblocked" });
		report({ event: "role.broken", role: "flow", error: fault("BROKEN", "no way on") });
		expect(await lines()).toContain("watchrabbit_broker_blocked 0");
		expect(await lines()).toContain('watchrabbit_role_up{role="flow"} 0');
	});

	test("says that a source is in trouble until all of it was compared again", async () => {
		const { report, metrics, health } = observed();
		const lines = async () => (await expose(metrics, undefined)).text.split("\n");
		const scanned = { event: "source.scanned", source: "plates", mode: "events", why: "ext4", seconds: 0.2 } as const;
		report({ event: "source.trouble", source: "plates", error: permanent("SOURCE_UNREACHABLE", "it is away") });
		expect(await lines()).toContain('watchrabbit_source_up{source="plates"} 0');
		expect(health.ready().ok).toBe(false);
		report({ ...scanned, unaccounted: 2 });
		expect(await lines()).toContain('watchrabbit_source_up{source="plates"} 1');
		expect(await lines()).toContain('watchrabbit_unaccounted_files{source="plates"} 2');
		expect(health.ready().ok).toBe(true);
	});

	test("says when all of a source was looked at last, and how long that took", () => {
		const { report, health } = observed();
		const scanned = { event: "source.scanned", source: "plates", mode: "poll", why: "nfs", unaccounted: 0 } as const;
		const look = () => health.dependencies().find(({ name }) => name === "source plates")?.look;
		report({ event: "source.trouble", source: "plates", error: permanent("SOURCE_UNREACHABLE", "it is away") });
		expect(look()).toBeUndefined();
		report({ ...scanned, seconds: 3.2 });
		expect(look()).toMatchObject({ seconds: 3.2 });
		expect(health.ready()).toMatchObject({ ok: true, checks: [{ name: "source plates", detail: "poll: nfs" }] });
	});

	test("leaves no number of what another host watches now, or of a neighbour that is away", async () => {
		const { report, metrics } = observed();
		const told = async (metric: string) =>
			(await expose(metrics, undefined)).text.split("\n").filter((line) => line.startsWith(`watchrabbit_${metric}{`));
		const error = transient("EIO", "away");
		const scanned = { event: "source.scanned", mode: "events", why: "ext4", seconds: 0.2, unaccounted: 2 } as const;
		for (const source of ["plates", "images"]) report({ ...scanned, source });
		report({ event: "source.standby", source: "plates", share: "/mnt/plates", holder: "host-2", lost: true });
		expect(await told("unaccounted_files")).toEqual(['watchrabbit_unaccounted_files{source="images"} 2']);
		for (const neighbour of ["catalog", "cache", "event log"]) {
			report({ event: "neighbour.looked", neighbour, detail: "", seconds: 0.2 });
		}
		report({ event: "telemetry.taken", signal: "traces", seconds: 0.2 });
		report({ event: "neighbour.away", neighbour: "catalog", error, againInMs: 100 });
		report({ event: "cache.away", error, againInMs: 100 });
		report({ event: "telemetry.dropped", signal: "traces", count: 1, why: "refused", isNews: true });
		expect(await told("neighbour_latency_seconds")).toEqual([
			'watchrabbit_neighbour_latency_seconds{neighbour="event log"} 0.2',
		]);
		expect(await told("neighbour_failures_total")).toHaveLength(2);
	});

	test("is declared with the name under which it is reported", () => {
		for (const name of Object.keys(declarations)) expect(name).toMatch(/^[a-z]+\.[a-z]+$/);
	});
});

describe("health", () => {
	test("is ready while every check is up, and alive until something is broken", () => {
		const { report, health } = observed();
		report({ event: "role.starting", role: "flow" });
		expect(health.ready().ok).toBe(false);
		report({ event: "role.started", role: "flow" });
		expect(health.ready().ok).toBe(true);
		report({ event: "neighbour.away", neighbour: "catalog", error: transient("EIO", "disk"), againInMs: 100 });
		expect(health.ready().ok).toBe(false);
		expect(health.live().ok).toBe(true);
		report({ event: "neighbour.back", neighbour: "catalog", attempts: 2 });
		expect(health.ready().ok).toBe(true);
		report({ event: "role.broken", role: "flow", error: fault("BROKEN", "no way on") });
		expect(health.live().ok).toBe(false);
	});

	test("names a pool whose R is starting, or does not start and why: its process is not ready, and alive", () => {
		const { report, health } = observed();
		const pool = { pool: "default", engine: "fork", why: "R is installed" };
		const checks = () => health.ready().checks.map(({ name, state, detail }) => [name, state, detail]);
		report({ event: "role.started", role: "work" });
		report({ event: "pool.starting", ...pool });
		expect(health.ready().ok).toBe(false);
		expect(checks()[0]).toEqual(["pool default", "starting", "engine fork: R is installed"]);
		report({ event: "pool.trouble", pool: "default", error: permanent("R_MISSING", "no R", { fix: "Install R." }) });
		expect([health.ready().ok, health.live().ok]).toEqual([false, true]);
		expect(checks()[0]).toEqual(["pool default", "down", "R_MISSING: no R — Install R."]);
		report({ event: "pool.ready", ...pool, workers: 2, seconds: 0.5 });
		expect(health.ready().ok).toBe(true);
	});

	test("tells since when a check is in its state, not when it was last heard of", () => {
		let now = 1000;
		const health = new Health({ ...systemClock, now: () => now });
		health.set("catalog", "down", "first");
		now = 2000;
		health.set("catalog", "down", "second");
		expect(health.ready().checks).toEqual([
			{ name: "catalog", state: "down", since: 1000, detail: "second", optional: false },
		]);
	});
});

describe("the log", () => {
	test("speaks in sentences to people, without the fields", () => {
		const lines: string[] = [];
		const stream = { write: (line: string) => void lines.push(line) };
		const logger = createLogger({ level: "info", pretty: true, colours: false, stream });
		createReport({ logger })({ event: "neighbour.back", neighbour: "the catalog", attempts: 2 });
		expect(lines.join("")).toMatch(/^\d\d:\d\d:\d\d INFO: the catalog is back after 2 attempts\n$/);
	});

	test("shows people what a script said in one line that cannot steer their terminal, and no process", () => {
		const lines: string[] = [];
		const stream = { write: (line: string) => void lines.push(line) };
		const process = { host: "lab-1", pid: 7, roles: "work", version: "1.0.0" };
		const logger = createLogger({ level: "info", pretty: true, colours: false, process, stream });
		logger.warn("no wells\n in \u001b[2Ja.csv");
		expect(lines.join("")).toMatch(/^\d\d:\d\d:\d\d WARN: no wells in \\x1b\[2Ja\.csv\n$/);
	});

	test("refuses a level that does not exist, and names those that do", () => {
		expect(logLevel({})).toBe("info");
		expect(() => logLevel({ WATCHRABBIT_LOG_LEVEL: "loud" })).toThrow(
			expect.objectContaining({ code: "CONFIG_LOG_LEVEL", fix: expect.stringContaining("trace, debug, info") }),
		);
	});
});
