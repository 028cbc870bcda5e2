import { z } from "zod";
import { access, project } from "./access-schema.ts";
import { alerts } from "./alerts-schema.ts";
import { http } from "./http-schema.ts";
import { objectives } from "./objectives-schema.ts";
import { pipeline, pool } from "./pipeline-schema.ts";
import { broker, cache, catalog, kafka, objects } from "./service-schema.ts";
import { source } from "./source-schema.ts";
import { telemetry } from "./telemetry-schema.ts";
import { duration, keys, named, path } from "./value-kinds.ts";

/**
 * The one declaration of the configuration: validation, JSON Schema, `config explain` and the reference of the
 * documentation all come from it. `customStages` are the stages that a configuration in TypeScript adds.
 */
export function declareConfig(customStages: readonly string[] = []) {
	return keys({
		data: path.describe("Directory of the state: ledger, catalog, queue, results.").prefault("./.watchrabbit"),
		http: http.describe("The API, and how it is reached.").prefault({}),
		sources: named(source).describe("Directories that instruments write into, by a name of yours.").prefault({}),
		pipelines: named(pipeline(customStages))
			.describe("Analyses and what they are fed with, by a name of yours.")
			.prefault({}),
		pools: named(pool).describe("R workers, by a name of yours; a pool named default is always there.").prefault({}),
		grace: duration({ zero: true })
			.describe(
				"How long what has begun may take to end by itself, each role after the other, when the process is told to end.",
			)
			.prefault("10s"),
		broker: broker.describe("RabbitMQ for events and work, instead of files below `data`.").optional(),
		catalog: catalog.describe("PostgreSQL for the catalog, instead of a file below `data`.").optional(),
		objects: objects.describe("S3 for results, instead of a directory below `data`.").optional(),
		kafka: kafka
			.describe("Kafka, to be told of jobs, results and measurements, and to be heard by sources that name a topic.")
			.optional(),
		telemetry: telemetry.describe("Where else is told what happens inside, besides log and metrics.").optional(),
		objectives: objectives.describe("What is promised; alerts and dashboards hold it against what is.").prefault({}),
		alerts: alerts.describe("Who is told of what a process itself finds wrong; it needs no Prometheus.").prefault({}),
		projects: named(project)
			.describe("Parts of the lab that belong together, by a name of yours: users and keys may be limited to some.")
			.prefault({}),
		access: access.describe("Who may ask the API, and what.").prefault({}),
		cache: cache.describe("Redis behind the answers of the API, instead of this process's memory alone.").optional(),
	});
}

export type ConfigSchema = ReturnType<typeof declareConfig>;
/** As written. */
export type ConfigInput = z.input<ConfigSchema>;
/** Validated: defaults filled in, durations in milliseconds, sizes in bytes; paths still as written. */
export type Config = z.output<ConfigSchema>;
export type SourceConfig = z.output<typeof source>;
export type PipelineConfig = z.output<ReturnType<typeof pipeline>>;
export type PoolConfig = z.output<typeof pool>;
export type ProjectConfig = z.output<typeof project>;

export const sourceSchema = source;
export const pipelineSchema = pipeline;
export const poolSchema = pool;
export const projectSchema = project;

/** JSON Schema (draft 7, which editors know best) of the YAML. */
export function configJsonSchema(): object {
	const schema = z.toJSONSchema(declareConfig(), { target: "draft-07", io: "input" });
	return { ...schema, title: "WatchRabbit configuration" };
}
