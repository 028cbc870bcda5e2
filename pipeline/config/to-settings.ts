import { resolve } from "node:path";
import type { AlertSettings } from "#domain/alert-settings.ts";
import { isPackageFunction } from "#domain/analysis.ts";
import type { HttpSettings } from "#domain/http-settings.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import type {
	GroupSettings,
	PipelineSettings,
	PoolSettings,
	Settings,
	SourceSettings,
	StageSettings,
} from "#domain/settings.ts";
import { accessSettings, projectsOf } from "./access-settings.ts";
import { parseListen } from "./checks/listen.ts";
import { type Config, type PipelineConfig, type PoolConfig, poolSchema, type SourceConfig } from "./schema.ts";
import { serviceSettings } from "./service-settings.ts";
import { consumerGroup } from "./source-schema.ts";

/** A configuration that passed every check, as the rest of the program knows it. `base`: what its paths are relative to. */
export function toSettings(file: string, base: string, config: Config): Settings {
	const pools = { default: poolSchema.parse({}), ...config.pools };
	return {
		file,
		data: resolve(base, config.data),
		http: httpSettings(config.http, base),
		operations: config.http.operations === undefined ? undefined : parseListen(config.http.operations),
		sources: Object.entries(config.sources).map(([name, source]) => sourceSettings(name, source, base)),
		pipelines: Object.entries(config.pipelines).map(([name, pipeline]) =>
			pipelineSettings(name, pipeline, pools, base),
		),
		pools: Object.entries(pools).map(([name, pool]) => poolSettings(name, pool, base)),
		graceMs: config.grace,
		services: serviceSettings(config, base),
		objectives: {
			result: { withinMs: config.objectives.result.within, of: config.objectives.result.of },
			api: config.objectives.api,
		},
		alerts: alertSettings(config.alerts),
		projects: projectsOf(config),
		access: accessSettings(config),
		telemetry: { traces: config.telemetry?.traces, logs: config.telemetry?.logs },
	};
}

function httpSettings({ listen, tls, proxies, origins, upload, rate }: Config["http"], base: string): HttpSettings {
	return {
		...(parseListen(listen) ?? { host: "127.0.0.1", port: 0 }),
		tls: tls && { cert: resolve(base, tls.cert), key: resolve(base, tls.key) },
		proxies,
		origins,
		upload: { mostBytes: upload.size },
		rate,
	};
}

function alertSettings({ webhook, token, repeat }: Config["alerts"]): AlertSettings {
	return { webhook: webhook === undefined ? undefined : { url: webhook, token }, repeatMs: repeat };
}

export function sourceSettings(name: string, config: SourceConfig, base: string): SourceSettings {
	const { quiet, marker, rename, footer, probe, minSize } = config.complete;
	return {
		name,
		watch: resolve(base, config.watch),
		include: config.include,
		exclude: config.kafka === undefined ? config.exclude : [...config.exclude, `${temporaryDirectory}/**`],
		acquisition: config.acquisition,
		folders: config.acquisition === "folder" ? config.folders : [],
		group: config.group && groupSettings(config.group),
		complete: {
			quietMs: quiet,
			marker,
			rename,
			footer:
				typeof footer === "string"
					? { pattern: footer, flags: "", withinBytes: 4096 }
					: footer && { pattern: footer.pattern, flags: footer.flags, withinBytes: footer.within },
			probe,
			minBytes: minSize,
		},
		archive: config.archive,
		existing: config.existing,
		scanEveryMs: config.scanEvery,
		mode: config.mode,
		pollEveryMs: config.pollEvery,
		kafka: config.kafka && {
			topic: config.kafka.topic,
			form: config.kafka.form,
			group: consumerGroup(name, config.kafka),
		},
	};
}

function groupSettings({ by, count, members, time, incomplete }: NonNullable<SourceConfig["group"]>): GroupSettings {
	return { by, count, members, timeMs: time, incomplete };
}

function pipelineSettings(
	name: string,
	config: PipelineConfig,
	pools: Readonly<Record<string, PoolConfig>>,
	base: string,
): PipelineSettings {
	const { analysis } = config;
	const pool = pools[config.pool] as PoolConfig;
	const { file, files, project } =
		typeof analysis === "string" ? { file: analysis, files: [], project: undefined } : analysis;
	return {
		name,
		from: config.from,
		stages: config.stages.map(stageSettings),
		analysis: {
			file: isPackageFunction(file) ? file : resolve(base, file),
			files: files.map((declared) => resolve(base, declared)),
			...(project !== undefined && { project: resolve(base, project) }),
		},
		params: config.params,
		pool: config.pool,
		timeoutMs: config.timeout ?? pool.timeout,
		priority: config.priority ?? pool.priority,
		retry: { attempts: config.retry.attempts, backoffMs: config.retry.backoff, maxBackoffMs: config.retry.maxBackoff },
		retryOn: config.retry.on,
	};
}

function stageSettings(stage: PipelineConfig["stages"][number]): StageSettings {
	if (stage.group) return { stage: "group", group: groupSettings(stage.group) };
	if (stage.batch) {
		const { count, bytes, time } = stage.batch;
		return { stage: "batch", batch: { count, bytes, timeMs: time } };
	}
	if (stage.route) return { stage: "route", route: stage.route };
	const [name = ""] = Object.keys(stage);
	return { stage: "custom", name };
}

/** The pool that is always there, as it is where no configuration says anything of it. */
export function defaultPool(): PoolSettings {
	return poolSettings("default", poolSchema.parse({}), "");
}

function poolSettings(name: string, config: PoolConfig, base: string): PoolSettings {
	return {
		name,
		...workersOf(config.workers),
		engine: config.engine,
		preload: config.preload,
		memoryBytes: config.memory,
		outputBytes: config.output,
		diskBytes: config.disk,
		openFiles: config.openFiles,
		cpuShare: config.cpuShare,
		environment: config.environment,
		libraries: config.libraries.map((directory) => resolve(base, directory)),
		recycleRuns: config.recycle.runs,
		recycleBytes: config.recycle.memory,
		rscript: config.rscript === undefined ? undefined : resolve(base, config.rscript),
	};
}

function workersOf(workers: PoolConfig["workers"]): Pick<PoolSettings, "workers" | "autoscale"> {
	if (typeof workers === "number") return { workers, autoscale: undefined };
	return { workers: workers.max, autoscale: { least: workers.min, waitMs: workers.wait } };
}
