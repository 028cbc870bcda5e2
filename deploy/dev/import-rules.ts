/** One room of the house: what its files may import, and why no more. node: and files of the room itself are always allowed. */
export interface Room {
	readonly name: string;
	/** Its folder, or a file; the longest that fits a path is its room. */
	readonly at: string;
	/** Names of the rooms that it may import; "*" is every room of the product. */
	readonly rooms: readonly string[];
	/** npm packages that it may import. */
	readonly packages: readonly string[] | "every package";
	readonly because: string;
}

const isolated = "connectors are exchanged one by one: each knows the ports it implements and no other connector";

/** The one-way arrows. */
export const roomsOfTheHouse: readonly Room[] = [
	{
		name: "core",
		at: "pipeline/core",
		rooms: [],
		packages: ["rxjs"],
		because: "everything stands on core, so it stands on RxJS alone",
	},
	{
		name: "ports",
		at: "pipeline/core/ports",
		rooms: ["core", "types of domain"],
		packages: [],
		because: "a port speaks of the field's things, but runs nothing of theirs",
	},
	{
		name: "domain",
		at: "pipeline/domain",
		rooms: ["core", "ports"],
		packages: ["picomatch", "zod"],
		because:
			"the field's rules hold whatever stores, transports or shows them (globs are part of a rule; zod: the published form of a manifest)",
	},
	{
		name: "stages",
		at: "stages",
		rooms: ["core", "ports", "domain"],
		packages: ["rxjs"],
		because: "a stage is an operator over envelopes: it runs under any runtime, between any connectors",
	},
	{
		name: "runtime",
		at: "pipeline/runtime",
		rooms: ["core", "ports", "domain", "stages"],
		packages: ["rxjs", "zod"],
		because:
			"the runtime runs stages over ports: which adapters stand behind them is the app's choice (zod: what comes back from a log is checked)",
	},
	{
		name: "config",
		at: "pipeline/config",
		rooms: ["core", "ports", "domain"],
		packages: ["yaml", "zod", "rxjs"],
		because: "a configuration can be checked without starting anything (RxJS: the type of a stage of one's own)",
	},
	{
		name: "catalog",
		at: "pipeline/catalog",
		rooms: ["core", "ports", "domain"],
		packages: ["kysely"],
		because: "one set of queries for every database: Kysely alone, the dialect is given",
	},
	{
		name: "observability",
		at: "observability",
		rooms: ["core", "ports", "domain"],
		packages: [
			"pino",
			"pino-pretty",
			"prom-client",
			"yaml",
			"@opentelemetry/api",
			"@opentelemetry/exporter-logs-otlp-grpc",
			"@opentelemetry/exporter-logs-otlp-proto",
			"@opentelemetry/exporter-trace-otlp-grpc",
			"@opentelemetry/exporter-trace-otlp-proto",
			"@opentelemetry/otlp-grpc-exporter-base",
			"@opentelemetry/resources",
			"@opentelemetry/sdk-logs",
			"@opentelemetry/sdk-node",
			"@opentelemetry/sdk-trace",
		],
		because:
			"what happened is told to observability, which knows nothing of who tells it (yaml: what Prometheus and Alertmanager read)",
	},
	{
		name: "grafana",
		at: "observability/grafana",
		rooms: ["observability", "core", "domain"],
		packages: ["@grafana/grafana-foundation-sdk"],
		because: "dashboards are made in the checkout, from the metrics' one declaration: the package has what came of it",
	},
	{
		name: "r-workers",
		at: "r-workers",
		rooms: ["core", "ports", "domain"],
		packages: ["webr"],
		because: "R runs behind the port AnalysisPool, without knowing where jobs come from",
	},
	{
		name: "file",
		at: "connectors/file",
		rooms: ["core", "ports", "domain"],
		packages: ["chokidar", "rxjs"],
		because: isolated,
	},
	{
		name: "memory",
		at: "connectors/memory",
		rooms: ["core", "ports", "domain"],
		packages: ["lru-cache"],
		because: isolated,
	},
	{
		name: "postgres",
		at: "connectors/postgres",
		rooms: ["core", "ports", "domain"],
		packages: ["kysely", "pg"],
		because: isolated,
	},
	{
		name: "kafka",
		at: "connectors/kafka",
		rooms: ["core", "ports", "domain"],
		packages: ["kafkajs"],
		because: isolated,
	},
	{
		name: "redis",
		at: "connectors/redis",
		rooms: ["core", "ports", "domain"],
		packages: ["ioredis", "lru-cache"],
		because: isolated,
	},
	{
		name: "sqlite",
		at: "connectors/sqlite",
		rooms: ["core", "ports", "domain"],
		packages: ["kysely"],
		because: isolated,
	},
	{
		name: "amqp",
		at: "connectors/amqp",
		rooms: ["core", "ports", "domain"],
		packages: ["amqplib", "zod"],
		because: isolated,
	},
	{
		name: "s3",
		at: "connectors/s3",
		rooms: ["core", "ports", "domain"],
		packages: ["@aws-sdk/client-s3", "@aws-sdk/lib-storage", "@aws-sdk/s3-request-presigner"],
		because: isolated,
	},
	{
		name: "access",
		at: "pipeline/access",
		rooms: ["core", "ports", "domain"],
		packages: ["jose", "lru-cache", "openid-client"],
		because:
			"who asks is found out from what a request says and what is known, whatever serves the one and keeps the other",
	},
	{
		name: "api",
		at: "pipeline/api",
		rooms: ["core", "ports", "domain", "config", "observability", "types of access"],
		packages: [
			"fastify",
			"@fastify/accepts",
			"@fastify/compress",
			"@fastify/cors",
			"@fastify/under-pressure",
			"csv-stringify",
			"helmet",
			"hyparquet-writer",
			"range-parser",
			"ws",
			"yazl",
			"zod",
			"zod-openapi",
		],
		because: "the API answers from the ports: it must answer the same in a process that watches and analyses nothing",
	},
	{
		name: "cli",
		at: "pipeline/cli",
		rooms: ["core", "ports", "domain", "config", "observability", "api", "access"],
		packages: ["commander", "picocolors", "yaml"],
		because:
			"commands speak to the ports and to the application that is handed to them (api: the same fields of a resource; access: passwords are hashed and keys made where they are said)",
	},
	{
		name: "terminal",
		at: "pipeline/terminal",
		rooms: [],
		packages: ["picocolors"],
		because: "it runs anywhere: the HTTP API is all it knows",
	},
	{
		name: "web",
		at: "pipeline/web",
		rooms: [],
		packages: [],
		because: "it runs in a browser: the HTTP API is all it knows",
	},
	{
		name: "app",
		at: "pipeline/app",
		rooms: ["*"],
		packages: ["rxjs"],
		because: "the composition root knows every room, and no library that a room already wraps",
	},
	{
		name: "bench",
		at: "bench",
		rooms: ["*", "deploy", "test"],
		packages: "every package",
		because: "a bench measures any room beside any peer, over the servers that tests start",
	},
	{
		name: "deploy",
		at: "deploy",
		rooms: ["grafana", "observability"],
		packages: ["oxc-parser"],
		because: "tools of the checkout run before and beside the product",
	},
	{
		name: "test",
		at: "test",
		rooms: ["*", "deploy", "bench", "grafana"],
		packages: "every package",
		because: "tests may look at everything; nothing of the product may look at them",
	},
	{
		name: "settings of tools",
		at: "vitest.config.ts",
		rooms: ["test"],
		packages: ["vitest"],
		because: "it belongs to the tests",
	},
];

/** Rooms that "*" does not mean. */
export const besideTheProduct: readonly string[] = ["test", "bench", "deploy", "grafana"];
