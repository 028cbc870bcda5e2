import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import type { TryOptions } from "#cli/application.ts";
import { showTrial } from "#cli/trial.ts";
import { loadSettings } from "#config/load.ts";
import { permanent } from "#core/errors.ts";
import type { AnalysisPool, AnalysisRecord } from "#core/ports/analysis-pool.ts";
import { startTrace } from "#core/trace.ts";
import type { PipelineSettings, PoolSettings, Settings } from "#domain/settings.ts";
import { createPool } from "#r-workers/pool.ts";
import { filesOf } from "#runtime/analysis-files.ts";
import { End } from "./end.ts";

/** Any seed will do, as long as trying twice gives the same numbers. */
const seed = 1;

/**
 * Runs a pipeline's analysis on one file or run folder now, shows everything that came of it, and stores nothing. A
 * signal ends it at once, and leaves nothing of it.
 *
 * @returns 0; 1 when the analysis failed; what shells expect after a signal
 */
export async function tryAnalysis({ config, file, pipeline: name, json }: TryOptions): Promise<number> {
	const { settings } = await loadSettings(config, process.env, { checkPlaces: false });
	const pipeline = pipelineOf(settings, name);
	const input = resolve(file);
	await stat(input).catch((cause: unknown) => {
		throw permanent("TRY_NO_FILE", `there is no ${input}`, { cause, fix: "Give the path of a file or a run folder." });
	});
	const end = new End();
	const directory = await mkdtemp(join(tmpdir(), "watchrabbit-try-"));
	const pool = createPool(poolOf(settings, pipeline), { directory: join(directory, "pool"), report: () => {} });
	void end.come.then(() => pool.close(0));
	try {
		const record = await runOnce(pool, pipeline, input, join(directory, "run"));
		await showTrial({ record, pipeline, input, why: pool.why }, json);
		return record.outcome === "completed" ? 0 : 1;
	} catch (thrown) {
		if (end.exitCode === undefined) throw thrown;
		return end.exitCode;
	} finally {
		await pool.close(0);
		await rm(directory, { recursive: true, force: true });
		end.forget();
	}
}

async function runOnce(
	pool: AnalysisPool,
	{ analysis, params, timeoutMs, priority }: PipelineSettings,
	input: string,
	directory: string,
): Promise<AnalysisRecord> {
	const { root, isFolder, files } = await filesOf(analysis);
	const [script = analysis.file, ...beside] = files;
	await mkdir(directory);
	await pool.start();
	return await pool.run({
		id: "try",
		script,
		...(isFolder && { root, project: root }),
		files: beside.map((file) => relative(root, file)),
		inputs: [input],
		inputNames: [basename(input)],
		params,
		directory,
		seed,
		timeoutMs,
		priority,
		traceparent: startTrace().traceparent,
	});
}

function pipelineOf({ pipelines }: Settings, name: string): PipelineSettings {
	const found = pipelines.find((pipeline) => pipeline.name === name);
	if (found !== undefined) return found;
	const names = pipelines.map((pipeline) => pipeline.name).join(", ");
	throw permanent("PIPELINE_UNKNOWN", `there is no pipeline "${name}"`, { fix: `Use one of: ${names}.` });
}

/** One worker is enough for one run. */
function poolOf({ pools }: Settings, { pool }: PipelineSettings): PoolSettings {
	return { ...(pools.find(({ name }) => name === pool) as PoolSettings), workers: 1, autoscale: undefined };
}
