import { existsSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, it } from "vitest";
import { isSampled, spanId, traceId } from "#core/trace.ts";
import { attemptPrefix } from "#domain/object-keys.ts";
import { tellLost } from "#runtime/lost-attempts.ts";
import { collectedSpans, treeOf } from "#test/support/collected-spans.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { until } from "#test/support/spine.ts";
import { WorkLab } from "#test/support/work-lab.ts";

const wholeAttempt = (name = "attempt") => [
	name,
	"  fetch",
	"  r start",
	"  run",
	"    r prepare",
	"    r evaluate",
	"    r outputs",
	"  upload",
	"  manifest",
	"  commit",
];

describeWith("r", "the hops of a job", () => {
	let lab: WorkLab;
	afterEach(() => lab.close());

	it("are a span each, in their order, and R is told the one that it runs in", async () => {
		const { tracer, spans, named } = collectedSpans();
		lab = await WorkLab.open(requireR(), 'cat(Sys.getenv("TRACEPARENT"))\nSys.sleep(0.05)', {}, { tracer });
		lab.start();
		lab.write("a.csv", "12345");
		const job = await lab.settle("a.csv");
		await lab.becomes(job, "completed");
		await until("the attempt is over", () => named("attempt").length === 1);
		expect(treeOf(spans)).toEqual(["queue wait", "claim", ...wholeAttempt()]);
		const { traceparent } = (await lab.spine.catalog.job(job)) as { traceparent: string };
		for (const name of ["queue wait", "claim", "attempt"]) expect(named(name)[0]?.below).toMatchObject({ traceparent });
		expect(new Set(spans.map(({ at }) => traceId(at)))).toEqual(new Set([traceId({ traceparent })]));
		const [attempt] = (await lab.spine.catalog.job(job))?.attempts ?? [];
		expect((await lab.manifest(job)).traceId).toBe(traceId({ traceparent }));
		const [run] = named("run");
		const log = await lab.spine.objects.get(`${attemptPrefix(job, 1)}log.txt`);
		expect(String(await buffer(log))).toBe(run?.at.traceparent);
		const [evaluate] = named("r evaluate");
		expect((evaluate?.endMs ?? 0) - (evaluate?.startMs ?? 0)).toBeGreaterThan(40);
		expect(named("attempt")[0]?.attributes).toMatchObject({
			"watchrabbit.job": job,
			"watchrabbit.attempt": 1,
			"watchrabbit.outcome": "completed",
			"watchrabbit.result": expect.stringContaining("r"),
		});
		expect(attempt?.number).toBe(1);
	});

	it("of a job that fails and is tried again are an attempt each, below the same place", async () => {
		const { tracer, spans, named } = collectedSpans();
		const script = `stop(structure(class = c("lab_busy", "error", "condition"), list(message = "busy", call = NULL)))`;
		const retry = { attempts: 2, backoffMs: 50, maxBackoffMs: 100 };
		lab = await WorkLab.open(requireR(), script, { retry, retryOn: ["lab_busy"] }, { tracer });
		lab.start();
		lab.write("a.csv", "1");
		const job = await lab.settle("a.csv");
		await lab.becomes(job, "dead");
		await until("both attempts are over", () => named("attempt").length === 2);
		const failed = ["attempt", "  fetch", "  r start", "  run", "    r prepare", "    r evaluate", "    r outputs"];
		expect(treeOf(spans)).toEqual(["queue wait", "claim", ...failed, "queue wait", "claim", ...failed]);
		const [first, second] = named("attempt");
		expect(first?.below && spanId(first.below)).toBe(second?.below && spanId(second.below));
		expect(named("attempt").map(({ failure }) => failure?.message)).toEqual(["busy", "busy"]);
		expect(named("run").map(({ failure }) => failure?.message)).toEqual(["busy", "busy"]);
		// It waited from when it was due, and not from when it was made.
		expect(named("queue wait")[1]?.startMs).toBeGreaterThanOrEqual(first?.endMs ?? Number.POSITIVE_INFINITY);
	});

	it("of an attempt whose lease was over hang below what is told by who found that; who ran it tells nothing of it", async () => {
		const { tracer, spans, named } = collectedSpans();
		const script = `input <- commandArgs(TRUE)[1]
file.create(paste0(input, ".began"))
while (!file.exists(paste0(input, ".go"))) Sys.sleep(0.02)`;
		lab = await WorkLab.open(requireR(), script, {}, { tracer });
		const { catalog, queue, report } = lab.spine;
		lab.write("a.csv", "1");
		const job = await lab.settle("a.csv");
		await catalog.relay(1, (pool, items) => queue.enqueue(pool, items), Date.now());
		// Alone: nothing takes it back but what is asked here.
		lab.role.start();
		await until("R began", () => existsSync(lab.path("a.csv.began")), 30_000);
		await catalog.endLeases(Date.now());
		const { reaped } = await catalog.wake(Date.now() + 1);
		for (const lost of reaped) tellLost(lost, { report, tracer });
		expect(named("attempt")).toMatchObject([{ attributes: { "watchrabbit.job": job, "watchrabbit.outcome": "lost" } }]);
		// Had it been killed now: no span is without the one that it is below.
		const ofTheRun = () => treeOf(spans.filter(({ name }) => name !== "queue wait" && name !== "claim"));
		expect(ofTheRun()).toEqual(["attempt", "  fetch", "  r start"]);
		lab.write("a.csv.go", "");
		await until("it is fenced out", () => lab.spine.events("job.fenced").length > 0, 30_000);
		expect(named("attempt")).toHaveLength(1);
		expect(ofTheRun()).toEqual(wholeAttempt());
	});

	it("that nobody asked for are kept when it fails, and all that follows is", async () => {
		const { tracer, spans, named } = collectedSpans({ share: 0, mostPerSecond: 1 });
		const script = 'if (basename(commandArgs(TRUE)[1]) == "bad.csv") stop("no wells")';
		lab = await WorkLab.open(requireR(), script, {}, { tracer });
		lab.start();
		lab.write("good.csv", "1");
		const good = await lab.settle("good.csv", { sampled: false });
		await lab.becomes(good, "completed");
		lab.write("bad.csv", "2");
		const bad = await lab.settle("bad.csv", { sampled: false });
		await lab.becomes(bad, "dead");
		await until("the attempt is told of", () => named("attempt").length === 1);
		expect(spans.map(({ name }) => name).toSorted()).toEqual(
			["queue wait", "claim", "fetch", "r start", "r prepare", "r evaluate", "r outputs", "run", "attempt"].toSorted(),
		);
		expect(named("attempt")[0]?.attributes).toMatchObject({ "watchrabbit.job": bad });
		const [ok, dead] = [await lab.spine.catalog.job(good), await lab.spine.catalog.job(bad)];
		expect([ok, dead].map((job) => job && isSampled(job))).toEqual([false, true]);
	});
});
