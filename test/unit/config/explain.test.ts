import { expect, test } from "vitest";
import { explain } from "#config/explain.ts";
import { renderOrigin } from "#config/problem.ts";
import { declareConfig } from "#config/schema.ts";
import { descriptionOf, fixedKeys, namedValues } from "#config/schema-walk.ts";
import { minimal, workspace } from "#test/support/config-workspace.ts";

test("every key is shown with its effective value and where that comes from", async () => {
	const { directory, load } = workspace();
	const { effective } = await load(minimal.replace("watch: in", "watch: in, complete: { quiet: 5s }"), {
		WATCHRABBIT_POOLS__DEFAULT__WORKERS: "3",
	});
	const lines = explain(effective).map(
		({ key, value, origin }) => `${key} = ${JSON.stringify(value)} (${renderOrigin(origin)})`,
	);
	expect(lines.map((line) => line.replaceAll(directory, "DIR"))).toMatchInlineSnapshot(`
		[
		  "data = "DIR/.watchrabbit" (default)",
		  "http.listen = "127.0.0.1:8080" (default)",
		  "http.proxies = [] (default)",
		  "http.origins = [] (default)",
		  "http.upload.size = "50GB" (default)",
		  "http.rate.perSecond = 500 (default)",
		  "http.rate.burst = 1000 (default)",
		  "sources.plates.watch = "DIR/in" (watchrabbit.yaml:2:20)",
		  "sources.plates.include = ["**/*"] (default)",
		  "sources.plates.exclude = ["**/Thumbs.db","**/desktop.ini"] (default)",
		  "sources.plates.acquisition = "file" (default)",
		  "sources.plates.folders = ["*"] (default)",
		  "sources.plates.complete.quiet = "5s" (watchrabbit.yaml:2:43)",
		  "sources.plates.complete.marker = [] (default)",
		  "sources.plates.complete.rename = ["*.tmp","*.part","*.partial","~$*"] (default)",
		  "sources.plates.complete.probe = "none" (default)",
		  "sources.plates.complete.minSize = "0B" (default)",
		  "sources.plates.archive = false (default)",
		  "sources.plates.existing = "process" (default)",
		  "sources.plates.scanEvery = "60s" (default)",
		  "sources.plates.mode = "auto" (default)",
		  "sources.plates.pollEvery = "5s" (default)",
		  "pipelines.elisa.from = "plates" (watchrabbit.yaml:4:18)",
		  "pipelines.elisa.stages = [] (default)",
		  "pipelines.elisa.analysis = "DIR/a.R" (watchrabbit.yaml:4:36)",
		  "pipelines.elisa.params = {} (default)",
		  "pipelines.elisa.pool = "default" (default)",
		  "pipelines.elisa.retry.attempts = 3 (default)",
		  "pipelines.elisa.retry.backoff = "5s" (default)",
		  "pipelines.elisa.retry.maxBackoff = "5m" (default)",
		  "pipelines.elisa.retry.on = [] (default)",
		  "pools.default.workers = 3 (environment variable WATCHRABBIT_POOLS__DEFAULT__WORKERS)",
		  "pools.default.engine = "auto" (default)",
		  "pools.default.preload = [] (default)",
		  "pools.default.output = "64MB" (default)",
		  "pools.default.openFiles = 1024 (default)",
		  "pools.default.timeout = "10m" (default)",
		  "pools.default.priority = 5 (default)",
		  "pools.default.cpuShare = 1 (default)",
		  "pools.default.environment = [] (default)",
		  "pools.default.libraries = [] (default)",
		  "grace = "10s" (default)",
		  "objectives.result.within = "15m" (default)",
		  "objectives.result.of = "99%" (default)",
		  "objectives.api.of = "99.9%" (default)",
		  "alerts.repeat = "4h" (default)",
		  "access.tokens = "10m" (default)",
		  "access.sessions = "12h" (default)",
		]
	`);
});

test("the pool that is always there is shown without being written", async () => {
	const { effective } = await workspace().load(minimal);
	expect(explain(effective).find(({ key }) => key === "pools.default.workers")).toEqual({
		key: "pools.default.workers",
		value: 2,
		origin: { kind: "default" },
		description: "Analyses that run at the same time: a number, or two bounds between which it follows the queue.",
	});
});

test("every key of the declaration has a description", () => {
	const undescribed: string[] = [];
	const walk = (schema: Parameters<typeof descriptionOf>[0], path: string): void => {
		const named = namedValues(schema);
		if (named && !path.endsWith(".params")) walk(named, `${path}.*`);
		for (const [key, inner] of fixedKeys(schema)) {
			if (descriptionOf(inner) === undefined) undescribed.push(`${path}.${key}`);
			walk(inner, `${path}.${key}`);
		}
	};
	walk(declareConfig(), "");
	expect(undescribed).toEqual([]);
});
