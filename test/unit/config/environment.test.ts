import { expect, test } from "vitest";
import { minimal, workspace } from "#test/support/config-workspace.ts";

test("a variable sets a key: two underscores a level, any case, the same types as in the file", async () => {
	const { settings, warnings } = await workspace().load(
		minimal.replace("a.R }", "a.R, params: { maxDose: 1, model: 4PL } }"),
		{
			WATCHRABBIT_HTTP__LISTEN: "127.0.0.1:0",
			WATCHRABBIT_POOLS__DEFAULT__WORKERS: "3",
			WATCHRABBIT_SOURCES__PLATES__SCAN_EVERY: "30s",
			WATCHRABBIT_SOURCES__PLATES__COMPLETE__QUIET: "250ms",
			WATCHRABBIT_SOURCES__PLATES__INCLUDE: '["**/*.csv", "**/*.txt"]',
			WATCHRABBIT_PIPELINES__ELISA__PARAMS__MAXDOSE: "2.5",
			WATCHRABBIT_PIPELINES__ELISA__PARAMS__MODEL: "5PL",
		},
	);
	expect(warnings).toEqual([]);
	expect(settings.http.port).toBe(0);
	expect(settings.pools[0]?.workers).toBe(3);
	expect(settings.sources[0]).toMatchObject({
		scanEveryMs: 30_000,
		include: ["**/*.csv", "**/*.txt"],
		complete: { quietMs: 250 },
	});
	expect(settings.pipelines[0]?.params).toEqual({ maxDose: 2.5, model: "5PL" });
});

test("a text stays a text, whatever it looks like", async () => {
	const { directory, load, makeDirectory } = workspace();
	makeDirectory("0012");
	const { settings } = await load(minimal, { WATCHRABBIT_SOURCES__PLATES__WATCH: "0012", WATCHRABBIT_DATA: "1e3" });
	expect(settings.sources[0]?.watch).toBe(`${directory}/0012`);
	expect(settings.data).toBe(`${directory}/1e3`);
});

test("a variable overrides even what would be refused in the file", async () => {
	const { settings } = await workspace().load(`${minimal}http: { listen: 8080 }\n`, {
		WATCHRABBIT_HTTP__LISTEN: "127.0.0.1:0",
	});
	expect(settings.http.port).toBe(0);
});

test("a variable that names nothing is warned of", async () => {
	const { warnings } = await workspace().load(minimal, {
		WATCHRABBIT_HTP__LISTEN: "127.0.0.1:0",
		WATCHRABBIT_SOURCES__PLATE__WATCH: "x",
		WATCHRABBIT_LOG_LEVEL: "debug",
		PATH: "/bin",
	});
	expect(warnings).toEqual([
		'environment variable WATCHRABBIT_HTP__LISTEN is not used: the configuration has no "htp"; did you mean HTTP?',
		'environment variable WATCHRABBIT_SOURCES__PLATE__WATCH is not used: sources has no "plate"; did you mean PLATES?',
	]);
});
