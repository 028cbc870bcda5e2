import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { permanent, transient } from "#core/errors.ts";
import { attemptPrefix } from "#domain/object-keys.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { SetClock } from "#test/support/set-clock.ts";
import { until } from "#test/support/spine.ts";
import { WorkLab } from "#test/support/work-lab.ts";

/** Counts bytes, and tells which edition of the script it is. */
const counting = (edition = 1) => `args <- commandArgs(trailingOnly = TRUE)
wr_measure("bytes", file.size(args[1]))
wr_measure("edition", ${edition})
`;

/** Says that it began, by a file beside its input, and ends when it is told to by another. */
const waiting = `args <- commandArgs(trailingOnly = TRUE)
file.create(paste0(args[1], ".began"))
while (!file.exists(paste0(args[1], ".go"))) Sys.sleep(0.02)
wr_measure("bytes", file.size(args[1]))
`;

/** Asks fifty times as often whether a lease is still ours. */
const hurried = { ...systemClock, after: (ms: number, task: () => void) => systemClock.after(ms / 50, task) };

describeWith("r", "the work role", () => {
	let lab: WorkLab;
	afterEach(() => lab.close());

	const measured = async (job: string, name: string) =>
		(await lab.manifest(job)).measurements.find((measurement) => measurement.name === name)?.value;
	const began = () => until("R began", () => existsSync(lab.path("a.csv.began")), 30_000);
	const noStrays = () => until("no stray is left", async () => (await lab.spine.catalog.pending()).strays === 0);

	/** One file whose run waits to be told to end. */
	async function underWay(changes: Parameters<typeof WorkLab.open>[2] = {}, clock = systemClock): Promise<string> {
		lab = await WorkLab.open(requireR(), waiting, changes, { clock });
		lab.start();
		lab.write("a.csv", "12345");
		const job = await lab.settle("a.csv");
		await began();
		return job;
	}

	it("claims, runs, stores, commits and acknowledges, and leaves no directory", async () => {
		lab = await WorkLab.open(requireR(), counting());
		lab.start();
		lab.write("a.csv", "12345");
		const job = await lab.settle("a.csv");
		await lab.becomes(job, "completed");
		expect(await measured(job, "bytes")).toBe(5);
		expect(await lab.spine.keys(attemptPrefix(job, 1))).toContain(`${attemptPrefix(job, 1)}manifest.json`);
		await until("the hint is acknowledged", async () => {
			const { waiting, leased } = await lab.spine.queue.depth("default");
			return waiting + leased === 0;
		});
		await until("the run's directory is removed", () => readdirSync(join(lab.spine.path, "runs")).length === 0);
		expect(lab.spine.events("job.completed")).toMatchObject([{ job, key: "a.csv" }]);
	});

	it("tells of the attempt that it takes over from a worker that is gone", async () => {
		lab = await WorkLab.open(requireR(), counting());
		const { catalog, queue } = lab.spine;
		lab.write("a.csv", "12345");
		const job = await lab.settle("a.csv");
		await catalog.claim(job, "host:9", 1_000, Date.now() - 60_000);
		await catalog.relay(1, (pool, items) => queue.enqueue(pool, items), Date.now());
		// Alone: nothing takes it back before it comes to the worker.
		lab.role.start();
		await lab.becomes(job, "completed");
		expect(await lab.outcomes(job)).toEqual(["lost", "completed"]);
		expect(lab.spine.events("job.lost")).toMatchObject([{ job, key: "a.csv", worker: "host:9", isDead: false }]);
	});

	it("does not retry what fails for good, and keeps cause and log", async () => {
		lab = await WorkLab.open(requireR(), 'cat("reading\\n")\nstop("no such well")\n');
		lab.start();
		lab.write("a.csv", "1");
		const job = await lab.settle("a.csv");
		await lab.becomes(job, "dead");
		expect(await lab.outcomes(job)).toEqual(["failed"]);
		expect(await lab.spine.catalog.job(job)).toMatchObject({
			cause: { code: "R_ERROR", message: expect.stringContaining("no such well") },
			attempts: [{ log: expect.stringContaining("reading") }],
		});
		await noStrays();
	});

	it.each(["watchrabbit_transient", "busy_server"])(
		"tries again what fails with a condition that may pass: ours, or one that the pipeline names (%s)",
		async (name) => {
			const script = `stop(structure(class = c("${name}", "error", "condition"), list(message = "busy", call = NULL)))`;
			lab = await WorkLab.open(requireR(), script, { retryOn: ["busy_server"] });
			lab.start();
			lab.write("a.csv", "1");
			const job = await lab.settle("a.csv");
			await lab.becomes(job, "dead");
			expect(await lab.outcomes(job)).toEqual(["failed", "failed", "failed"]);
			expect((await lab.spine.catalog.job(job))?.cause).toMatchObject({ class: "transient", message: "busy" });
		},
	);

	it("asks again when R says that it is not ready, and consumes no attempt", async () => {
		lab = await WorkLab.open(requireR(), 'wr_not_ready("still writing")\n');
		lab.start();
		lab.write("a.csv", "1");
		const job = await lab.settle("a.csv");
		await lab.becomes(job, "created");
		expect(await lab.spine.catalog.job(job)).toMatchObject({ attemptsUsed: 0, attempts: [{ outcome: "not-ready" }] });
		expect(await lab.spine.catalog.outcomes(0, 9)).toMatchObject([{ kind: "not-ready" }]);
	});

	it("drops the result of an input that changed while R read it, and uses up no attempt", async () => {
		const job = await underWay({ retry: { attempts: 1, backoffMs: 10, maxBackoffMs: 10 } });
		lab.write("a.csv", "54321");
		lab.write("a.csv.go", "");
		await lab.becomes(job, "superseded");
		expect(await lab.outcomes(job)).toEqual(["lost"]);
		expect(await lab.spine.catalog.job(job)).toMatchObject({ attemptsUsed: 0, cause: { code: "INPUT_CHANGED" } });
		expect(lab.spine.events("job.failed")).toMatchObject([{ outcome: "lost", code: "INPUT_CHANGED" }]);
		lab.write("a.csv", "12345");
		expect(await lab.settle("a.csv")).toBe(job);
		await lab.becomes(job, "completed");
		expect((await lab.manifest(job)).acquisition.key).toBe("a.csv");
	});

	it("analyses a file that was moved where it lies now, and says so", async () => {
		lab = await WorkLab.open(requireR(), counting());
		lab.write("a.csv", "12345");
		const job = await lab.settle("a.csv");
		renameSync(lab.path("a.csv"), lab.path("b.csv"));
		lab.start();
		await lab.becomes(job, "dead");
		expect((await lab.spine.catalog.job(job))?.cause?.code).toBe("INPUT_MISSING");
		expect(await lab.settle("b.csv")).toBe(job);
		await lab.becomes(job, "completed");
		expect((await lab.manifest(job)).acquisition.key).toBe("b.csv");
	});

	it.each([
		["was deleted", () => rmSync(lab.path("a.csv"))],
		["lies on another host", () => renameSync(dirname(lab.path("a.csv")), join(lab.spine.path, "elsewhere"))],
	])("analyses an archived file that %s, under its own name, and leaves no copy in the run", async (_, lose) => {
		lab = await WorkLab.open(requireR(), counting());
		lab.write("a.csv", "12345");
		await lab.archive("a.csv");
		const job = await lab.settle("a.csv");
		lose();
		lab.start();
		await lab.becomes(job, "completed");
		expect((await lab.manifest(job)).acquisition.key).toBe("a.csv");
		expect(await lab.outcomes(job)).toEqual(["completed"]);
		expect(readdirSync(join(lab.spine.path, "runs"))).toEqual([]);
	});

	it("waits for a share that is away, uses no attempt, and goes on when it is back", async () => {
		lab = await WorkLab.open(requireR(), counting());
		lab.write("a.csv", "12345");
		const job = await lab.settle("a.csv");
		const root = dirname(lab.path("a.csv"));
		renameSync(root, `${root}-away`);
		lab.start();
		await until("the job is put off", () => lab.spine.events("job.failed").length > 0);
		expect(lab.spine.events("job.failed")).toMatchObject([{ code: "INPUT_UNREACHABLE", outcome: "lost" }]);
		renameSync(`${root}-away`, root);
		await lab.becomes(job, "completed");
		expect((await lab.spine.catalog.job(job))?.attemptsUsed).toBe(1);
	});

	it("waits for somebody to open a bucket that keeps us out, uses no attempt, and goes on when it is open", async () => {
		lab = await WorkLab.open(requireR(), counting());
		lab.write("a.csv", "12345");
		const job = await lab.settle("a.csv");
		const { objects } = lab.spine;
		const put = objects.put.bind(objects);
		objects.put = async (key, body) => {
			if (key.startsWith("results/")) throw permanent("S3_ACCESS_DENIED", "the keys may not do this");
			await put(key, body);
		};
		lab.start();
		await lab.becomes(job, "failed");
		objects.put = put;
		await lab.becomes(job, "completed");
		expect(await lab.outcomes(job)).toEqual(["lost", "completed"]);
	});

	it("takes the first of several copies that is still there", async () => {
		lab = await WorkLab.open(requireR(), counting());
		for (const name of ["a.csv", "b.csv", "c.csv"]) {
			lab.write(name, "12345");
			await lab.settle(name);
		}
		rmSync(lab.path("a.csv"));
		rmSync(lab.path("c.csv"));
		lab.start();
		const job = await lab.settle("b.csv");
		await lab.becomes(job, "completed");
		expect((await lab.manifest(job)).acquisition.key).toBe("b.csv");
		expect(await lab.outcomes(job)).toEqual(["completed"]);
	});

	it("gives a job back when it is drained in the middle, and consumes no attempt", async () => {
		const job = await underWay();
		await lab.role.drain(0);
		expect(await lab.outcomes(job)).toEqual(["lost"]);
		expect(await lab.spine.catalog.job(job)).toMatchObject({ attemptsUsed: 0, cause: { code: "ENDED" } });
	});

	it("gives back at once, when it is drained, a hint of which it could not claim the job", async () => {
		lab = await WorkLab.open(requireR(), counting());
		lab.spine.catalog.claim = async () => {
			throw transient("AWAY", "no connection");
		};
		lab.start();
		lab.write("a.csv", "1");
		await lab.settle("a.csv");
		await until("the claim waits for the catalog", () => lab.spine.events("neighbour.away").length > 0, 30_000);
		expect(await lab.spine.queue.depth("default")).toEqual({ waiting: 0, leased: 1 });
		await lab.role.drain(0);
		expect(await lab.spine.queue.depth("default")).toEqual({ waiting: 1, leased: 0 });
	});

	it("lets what runs end within the grace", async () => {
		const job = await underWay();
		const drained = lab.role.drain(30_000);
		lab.write("a.csv.go", "");
		await drained;
		expect(await lab.outcomes(job)).toEqual(["completed"]);
	});

	it("drops the result of a worker that was fenced out, and removes its objects", async () => {
		const job = await underWay();
		const { catalog } = lab.spine;
		await catalog.endLeases(Date.now());
		const other = await catalog.claim(job, "other", 30_000, Date.now() + 1);
		if (other.kind === "forget")
			await until("it is claimed", async () => {
				return (await catalog.claim(job, "other", 30_000, Date.now() + 1)).kind === "claimed";
			});
		lab.write("a.csv.go", "");
		await until("the worker is told", () => lab.spine.events("job.fenced").length > 0, 30_000);
		await noStrays();
		expect(await lab.spine.keys(attemptPrefix(job, 1))).toEqual([]);
		expect((await catalog.results({ limit: 9, filter: {} })).items).toEqual([]);
		expect((await catalog.job(job))?.leaseOwner).toBe("other");
	});

	it("runs a job once when the clock is set forward by more than a lease", async () => {
		const clock = new SetClock();
		const job = await underWay({}, clock);
		clock.byMs = 3_600_000;
		// The queue's own lease is over as well: the job is delivered again, to us.
		await lab.spine.queue.enqueue("default", [{ jobId: job, priority: 9, traceparent: "" }]);
		await until("the second delivery is answered", async () => {
			const { waiting, leased } = await lab.spine.queue.depth("default");
			return waiting === 0 && leased === 1;
		});
		lab.write("a.csv.go", "");
		await lab.becomes(job, "completed");
		expect(await lab.outcomes(job)).toEqual(["completed"]);
	});

	it("says of a job when its run began, and nothing of one that waits for its turn", async () => {
		await underWay();
		lab.write("b.csv", "123");
		const second = await lab.settle("b.csv");
		await lab.becomes(second, "running");
		const began = async () => (await lab.spine.catalog.job(second))?.attempts[0]?.beganAt;
		expect(await began()).toBeUndefined();
		lab.write("a.csv.go", "");
		await until("it begins", async () => (await began()) !== undefined);
		lab.write("b.csv.go", "");
		await lab.becomes(second, "completed");
	});

	it("ends R when the lease is lost", async () => {
		const job = await underWay({}, hurried);
		const { catalog } = lab.spine;
		await catalog.endLeases(Date.now());
		await until("another has it", async () => {
			const claim = await catalog.claim(job, "other", 30_000, Date.now() + 60_000);
			return claim.kind === "claimed";
		});
		await until("the worker has let go", () => readdirSync(join(lab.spine.path, "runs")).length === 0, 30_000);
		expect(existsSync(lab.path("a.csv.go"))).toBe(false);
	});

	it("runs the edition that a job was made for, also when the script is edited while it waits", async () => {
		lab = await WorkLab.open(requireR(), counting(1));
		lab.write("a.csv", "12345");
		const job = await lab.settle("a.csv");
		lab.script(counting(2));
		lab.write("b.csv", "1234567");
		const later = await lab.settle("b.csv");
		lab.start();
		await lab.becomes(job, "completed");
		await lab.becomes(later, "completed");
		expect([await measured(job, "edition"), await measured(later, "edition")]).toEqual([1, 2]);
	});

	it("runs again with the edition when the script is edited while it runs", async () => {
		const job = await underWay();
		lab.script(counting(2));
		lab.write("a.csv.go", "");
		await lab.becomes(job, "completed");
		expect(await lab.outcomes(job)).toEqual(["lost", "completed"]);
		expect(await measured(job, "edition")).toBeUndefined();
	});

	it("can be drained before it is started, and twice", async () => {
		lab = await WorkLab.open(requireR(), counting());
		await lab.role.drain(0);
		lab.role.start();
		await lab.role.drain(0);
		expect(lab.spine.events("pool.starting")).toEqual([]);
	});
});
