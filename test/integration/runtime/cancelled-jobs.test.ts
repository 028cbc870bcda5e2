import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { attemptPrefix } from "#domain/object-keys.ts";
import type { OperationKind } from "#domain/operation.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { until } from "#test/support/spine.ts";
import { WorkLab } from "#test/support/work-lab.ts";

/** Says that it began, with the number of a program that it started, and ends when it is told to. */
const waiting = `args <- commandArgs(trailingOnly = TRUE)
system("sleep 300 & echo $! > pid", wait = TRUE)
file.copy("pid", paste0(args[1], ".began"))
while (!file.exists(paste0(args[1], ".go"))) Sys.sleep(0.02)
wr_measure("bytes", file.size(args[1]))
`;
const failing = 'stop("no plate map")\n';
const notReady = "wr_not_ready(3600)\n";
/** With an artifact that takes a while to be stored. */
const large = `args <- commandArgs(trailingOnly = TRUE)
writeBin(as.raw(rep(0:255, 250000)), file.path(args[2], "large.bin"))
`;

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

describeWith("r", "a job that is cancelled", () => {
	let lab: WorkLab;
	afterEach(() => lab.close());

	async function ask(kind: OperationKind, name: string) {
		const target = { type: "job", name } as const;
		await lab.spine.catalog.operations.request({ kind, target, by: "user:anna", why: "wrong plate" }, Date.now());
		lab.asked.ring();
	}

	async function settled(script: string, changes: Parameters<typeof WorkLab.open>[2] = {}): Promise<string> {
		lab = await WorkLab.open(requireR(), script, changes);
		lab.write("a.csv", "12345");
		return await lab.settle("a.csv");
	}

	/** Nothing of the attempts before is anywhere. */
	async function leavesNothing(job: string): Promise<void> {
		const { catalog } = lab.spine;
		await until("no stray is left", async () => (await catalog.pending()).strays === 0);
		await until("no directory of a run is left", () => readdirSync(join(lab.spine.path, "runs")).length === 0);
		expect((await catalog.results({ limit: 10, filter: {} })).items).toEqual([]);
		for (const { token } of (await catalog.job(job))?.attempts ?? []) {
			expect(await lab.spine.keys(attemptPrefix(job, token))).toEqual([]);
		}
		expect(await catalog.pending()).toMatchObject({ jobs: 0, outbox: 0 });
		const { waiting: hints, leased } = await lab.spine.queue.depth("default");
		expect(hints + leased).toBe(0);
	}

	it("while it waits never begins, and runs when it is replayed", async () => {
		const job = await settled(waiting);
		await ask("cancel", job);
		lab.start();
		await until("its hint was forgotten", async () => {
			const { waiting: hints, leased } = await lab.spine.queue.depth("default");
			return hints + leased === 0 && (await lab.spine.catalog.pending()).outbox === 0;
		});
		expect(existsSync(lab.path("a.csv.began"))).toBe(false);
		await leavesNothing(job);
		writeFileSync(lab.path("a.csv.go"), "");
		await ask("replay", job);
		await lab.becomes(job, "completed");
	});

	it("while it runs is ended with all that it started, long before its lease would be looked at", async () => {
		const job = await settled(waiting, { timeoutMs: 300_000 });
		lab.start();
		await until("R began", () => existsSync(lab.path("a.csv.began")), 30_000);
		const child = Number(readFileSync(lab.path("a.csv.began"), "utf8"));
		expect(isAlive(child)).toBe(true);
		await ask("cancel", job);
		expect((await lab.spine.catalog.job(job))?.state).toBe("cancelled");
		await until("what R started is gone", () => !isAlive(child), 5_000);
		await until("the worker told it", () => lab.spine.events("job.fenced").length === 1);
		await leavesNothing(job);
		expect(await lab.outcomes(job)).toEqual(["cancelled"]);
		writeFileSync(lab.path("a.csv.go"), "");
		await ask("replay", job);
		await lab.becomes(job, "completed");
		expect(await lab.outcomes(job)).toEqual(["cancelled", "completed"]);
	});

	it("while its result is being stored leaves no object of it", async () => {
		const job = await settled(large);
		const { objects } = lab.spine;
		const putFile = objects.putFile.bind(objects);
		let storing = false;
		let go = () => {};
		const told = new Promise<void>((resolve) => {
			go = resolve;
		});
		objects.putFile = async (...given) => {
			await putFile(...given);
			if (!given[0].startsWith("results/")) return;
			storing = true;
			await told;
		};
		lab.start();
		await until("its artifact is stored", () => storing, 30_000);
		await ask("cancel", job);
		go();
		await until("the worker told it", () => lab.spine.events("job.fenced").length === 1);
		await leavesNothing(job);
		expect((await lab.spine.catalog.job(job))?.state).toBe("cancelled");
	});

	it.each([
		["failed", failing, { retry: { attempts: 3, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 } }],
		["created", notReady, {}],
	] as const)("while it waits for its next attempt, %s, has none", async (state, script, changes) => {
		const job = await settled(script, { ...changes, retryOn: ["simpleError"] });
		lab.start();
		await lab.becomes(job, state);
		await ask("cancel", job);
		await lab.becomes(job, "cancelled");
		await leavesNothing(job);
	});
});
