import { createHash } from "node:crypto";
import { WatchRabbitError } from "#core/errors.ts";
import type { Arrival, AttemptEnd, Catalog, ClaimedJob, Intake, JobPlan, ResultCommit } from "#core/ports/catalog.ts";
import type { Acquisition, Member } from "#domain/acquisition.ts";
import { contentDigest } from "#domain/acquisition.ts";
import { jobId } from "#domain/job.ts";
import type { Manifest } from "#domain/result.ts";

/** Builders of what goes into a catalog. Content is a word; its digest is real. */

export const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;

export function sha256(text: string): string {
	return createHash("sha256").update(text).digest("hex");
}

export function member(path: string, content: string): Member {
	return { path, size: content.length, sha256: sha256(content), mtimeNs: "1", ctimeNs: "1", inode: "1" };
}

export function acquisition(key: string, content: string, changes: Partial<Acquisition> = {}): Acquisition {
	return {
		source: "plates",
		key,
		kind: "file",
		members: [member(key, content)],
		acquiredAt: 500,
		settledAt: 900,
		captures: {},
		...changes,
	};
}

export function plan(of: Acquisition, changes: Partial<JobPlan> = {}): JobPlan {
	const pipeline = changes.pipeline ?? "elisa";
	const analysisDigest = changes.analysisDigest ?? sha256("script");
	const params = changes.params ?? { model: "4PL" };
	return {
		id: jobId({ pipeline, analysisDigest, params, inputDigests: [contentDigest(of.members)] }),
		pipeline,
		pool: "default",
		priority: 4,
		analysisFile: "/analyses/elisa.R",
		analysisDigest,
		params,
		timeoutMs: 60_000,
		retry: { attempts: 3, backoffMs: 1_000, maxBackoffMs: 60_000 },
		...changes,
	};
}

let events = 0;

/** A new event about an acquisition, with one plan unless others are given. */
export function arrival(of: Acquisition, changes: Partial<Arrival> = {}): Arrival {
	events += 1;
	return {
		event: { id: `event-${events}`, root: "/instruments", traceparent },
		acquisition: of,
		plans: [plan(of)],
		...changes,
	};
}

export function intake(arrivals: readonly Arrival[], changes: Partial<Intake> = {}): Intake {
	return { log: "watchrabbit.files", offset: undefined, now: 1_000, arrivals, ...changes };
}

export function commitOf(job: ClaimedJob, changes: Partial<Manifest> = {}, now = 2_000): ResultCommit {
	const manifest: Manifest = {
		format: "watchrabbit.manifest",
		version: 1,
		result: `r${job.id.slice(1)}-${job.token}`,
		job: job.id,
		pipeline: job.plan.pipeline,
		acquisition: job.inputs[0].acquisition,
		analysis: { file: job.plan.analysisFile, digest: job.plan.analysisDigest, files: [], params: job.plan.params },
		engine: "fork",
		r: { version: "4.5.0", platform: "x86_64-pc-linux-gnu", packages: {} },
		seed: 1,
		attempt: job.attempt,
		token: job.token,
		startedAt: new Date(now - 100).toISOString(),
		completedAt: new Date(now).toISOString(),
		seconds: 0.1,
		peakMemoryBytes: null,
		measurements: [{ name: "Asym", value: 2.34518, unit: "" }],
		tables: [],
		artifacts: [{ name: "plot.png", mediaType: "image/png", size: 3, sha256: sha256("png") }],
		warnings: [],
		log: "log.txt",
		traceId: "1".repeat(32),
		...changes,
	};
	return {
		job: job.id,
		token: job.token,
		now,
		manifest,
		manifestKey: `results/${job.id}-${job.token}/manifest.json`,
		manifestSha256: sha256("manifest"),
	};
}

export async function claimed(catalog: Catalog, jobId: string, now = 1_500, owner = "worker-1"): Promise<ClaimedJob> {
	const claim = await catalog.claim(jobId, owner, 30_000, now);
	if (claim.kind !== "claimed") throw new Error(`job ${jobId} was not claimed: ${claim.why}`);
	return claim.job;
}

/** Claims and commits; gives the result's id. */
export async function complete(catalog: Catalog, jobId: string, now = 2_000): Promise<string> {
	const job = await claimed(catalog, jobId, now);
	const commit = commitOf(job, {}, now);
	if (!(await catalog.commitResult(commit))) throw new Error(`job ${jobId} was fenced out`);
	return commit.manifest.result;
}

export function endOf(job: ClaimedJob, changes: Partial<AttemptEnd> = {}): AttemptEnd {
	return {
		job: job.id,
		token: job.token,
		now: 2_000,
		outcome: "failed",
		cause: { class: "permanent", code: "R_ERROR", message: "object 'x' not found" },
		log: "reading plate\n",
		seconds: 0.2,
		run: undefined,
		worker: "worker-1",
		againAt: undefined,
		...changes,
	};
}

/** What became of a job that somebody asked to run again. */
export async function replayed(catalog: Catalog, job: string, now: number, by: string, plan?: JobPlan) {
	const request = { kind: "replay", target: { type: "job", name: job }, by, ...(plan && { plan }) } as const;
	try {
		return (await catalog.operations.request(request, now)).already ? "already" : "queued";
	} catch (thrown) {
		if (thrown instanceof WatchRabbitError && thrown.code === "TARGET_UNKNOWN") return "unknown";
		throw thrown;
	}
}

/** What the relay hands over: ids of jobs. */
export async function relayed(catalog: Catalog): Promise<string[]> {
	const jobs: string[] = [];
	while (await catalog.relay(100, async (_pool, items) => void jobs.push(...items.map(({ jobId }) => jobId)), 0));
	return jobs;
}

/** One queued job a name, relayed. */
export async function queued(catalog: Catalog, ...names: string[]): Promise<string[]> {
	const acquisitions = names.map((name) => acquisition(name, name));
	await catalog.commitIntake(intake(acquisitions.map((each) => arrival(each))));
	await relayed(catalog);
	return acquisitions.map((each) => plan(each).id);
}

export async function outcomeKinds(catalog: Catalog): Promise<string[]> {
	return (await catalog.outcomes(0, 1_000)).map(({ kind, acquisition: { key } }) => `${key} ${kind}`);
}
