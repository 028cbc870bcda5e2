import { join } from "node:path";
import { filter } from "rxjs";
import { describe, expect, test } from "vitest";
import { defineConfig } from "#config/define-config.ts";
import { loadSettings } from "#config/load.ts";
import { minimal, workspace } from "#test/support/config-workspace.ts";
import { embedded, loopback } from "#test/support/embedded.ts";

describe("a valid configuration", () => {
	test("has every default filled in, paths absolute, durations in milliseconds and sizes in bytes", async () => {
		const { directory, load } = workspace();
		const { settings, warnings } = await load(minimal);
		expect(warnings).toEqual([]);
		expect(settings).toEqual({
			telemetry: { traces: undefined, logs: undefined },
			objectives: { result: { withinMs: 900_000, of: 0.99 }, api: { of: 0.999 } },
			alerts: { webhook: undefined, repeatMs: 14_400_000 },
			projects: [],
			access: { required: false, tokenMs: 600_000, sessionMs: 43_200_000, secret: undefined, oidc: undefined },
			file: join(directory, "watchrabbit.yaml"),
			data: join(directory, ".watchrabbit"),
			http: { ...loopback, port: 8080, rate: { perSecond: 500, burst: 1000 } },
			operations: undefined,
			graceMs: 10_000,
			services: embedded,
			sources: [
				{
					name: "plates",
					watch: join(directory, "in"),
					include: ["**/*"],
					exclude: ["**/Thumbs.db", "**/desktop.ini"],
					acquisition: "file",
					folders: [],
					group: undefined,
					complete: {
						quietMs: 2_000,
						marker: [],
						rename: ["*.tmp", "*.part", "*.partial", "~$*"],
						footer: undefined,
						probe: "none",
						minBytes: 0,
					},
					archive: false,
					existing: "process",
					scanEveryMs: 60_000,
					mode: "auto",
					pollEveryMs: 5_000,
					kafka: undefined,
				},
			],
			pipelines: [
				{
					name: "elisa",
					from: "plates",
					stages: [],
					analysis: { file: join(directory, "a.R"), files: [] },
					params: {},
					pool: "default",
					timeoutMs: 600_000,
					priority: 5,
					retry: { attempts: 3, backoffMs: 5_000, maxBackoffMs: 300_000 },
					retryOn: [],
				},
			],
			pools: [
				{
					name: "default",
					workers: 2,
					autoscale: undefined,
					engine: "auto",
					preload: [],
					memoryBytes: undefined,
					outputBytes: 64_000_000,
					diskBytes: undefined,
					openFiles: 1024,
					cpuShare: 1,
					environment: [],
					libraries: [],
					recycleRuns: undefined,
					recycleBytes: undefined,
					rscript: undefined,
				},
			],
		});
	});

	test("says all that can be said", async () => {
		const { directory, load, write } = workspace();
		write("plan.csv", "");
		const { settings } = await load(`
data: ./state
http: { listen: "[::1]:0" }
sources:
  pairs:
    watch: ./in
    include: ["**/*.csv"]
    acquisition: group
    group: { by: '^(?<sample>.+)_(?<member>R1|R2)', members: [R1, R2], time: 2d, incomplete: analyse }
    complete:
      quiet: 250ms
      marker: "{stem}.done"
      footer: { pattern: '~End', flags: i, within: 1KiB }
      probe: auto
      minSize: 1kB
    existing: { since: 2026-01-31T00:00Z }
pipelines:
  screen:
    from: pairs
    stages:
      - route: { match: '^a' }
      - batch: { count: 5, bytes: 1MB, time: 1h }
    analysis: { file: a.R, files: [plan.csv] }
    params: { model: 4PL, id: "0012", none: null, list: [1, two] }
    pool: big
pools:
  big:
    workers: { max: 4, wait: 5s }
    engine: fork
    preload: [ggplot2]
    memory: 2GB
    disk: 20GB
    openFiles: 64
    timeout: 1h
    priority: 7
    cpuShare: 0.25
    recycle: { runs: 500, memory: 1GB }
    rscript: ./bin/Rscript
`);
		expect(settings.http).toMatchObject({ host: "::1", port: 0 });
		expect(settings.sources[0]).toMatchObject({
			group: { count: undefined, members: ["R1", "R2"], timeMs: 172_800_000, incomplete: "analyse" },
			complete: {
				quietMs: 250,
				marker: ["{stem}.done"],
				footer: { pattern: "~End", flags: "i", withinBytes: 1024 },
				probe: "auto",
				minBytes: 1000,
			},
			existing: { since: Date.UTC(2026, 0, 31) },
		});
		expect(settings.pipelines[0]).toMatchObject({
			stages: [
				{ stage: "route", route: { match: "^a" } },
				{ stage: "batch", batch: { count: 5, bytes: 1_000_000, timeMs: 3_600_000 } },
			],
			analysis: { files: [join(directory, "plan.csv")] },
			params: { model: "4PL", id: "0012", none: null, list: [1, "two"] },
		});
		expect(settings.pools.map(({ name }) => name)).toEqual(["default", "big"]);
		expect(settings.pools[1]).toMatchObject({
			workers: 4,
			autoscale: { least: 1, waitMs: 5_000 },
			memoryBytes: 2e9,
			diskBytes: 20e9,
			openFiles: 64,
			cpuShare: 0.25,
			recycleRuns: 500,
			recycleBytes: 1e9,
			rscript: join(directory, "bin/Rscript"),
		});
	});

	test("takes timeout and priority of the pool where the pipeline says nothing else", async () => {
		const { load } = workspace();
		const { settings } = await load(`${minimal}
  of-its-own: { from: plates, analysis: a.R, pool: slow, timeout: 5m, priority: 1 }
  of-the-pool: { from: plates, analysis: a.R, pool: slow }
pools: { slow: { timeout: 2h, priority: 8 } }
`);
		const limits = settings.pipelines.map(({ name, timeoutMs, priority }) => [name, timeoutMs, priority]);
		expect(limits).toEqual([
			["elisa", 600_000, 5],
			["of-its-own", 300_000, 1],
			["of-the-pool", 7_200_000, 8],
		]);
	});

	test("may leave sections empty, and use anchors", async () => {
		const { load } = workspace();
		const { settings } = await load(`
pools:
sources:
  plates: { watch: in, complete: }
pipelines:
  one: &base { from: plates, analysis: a.R, params: { n: 1 } }
  two: { <<: *base, params: { n: 2 } }
`);
		expect(settings.pipelines.map(({ name, params }) => [name, params])).toEqual([
			["one", { n: 1 }],
			["two", { n: 2 }],
		]);
	});

	test("is found above the working directory", async () => {
		const { directory, write, makeDirectory } = workspace();
		write("watchrabbit.yaml", minimal);
		const loaded = await loadSettings(undefined, {}, { directory: makeDirectory("in/deeper/still") });
		expect(loaded.settings.file).toBe(join(directory, "watchrabbit.yaml"));
	});

	test("that is not there is said to be so, with the way to one", async () => {
		const { directory } = workspace();
		await expect(loadSettings("other.yaml", {}, { directory })).rejects.toMatchObject({
			code: "CONFIG_NOT_FOUND",
			message: `there is no configuration file ${join(directory, "other.yaml")}`,
			fix: "Correct what stands behind -c, or write one with: watchrabbit init DIRECTORY",
		});
	});

	test("warns of what is probably not meant", async () => {
		const { load } = workspace();
		const { warnings } = await load(
			`
sources: { plates: { watch: in }, idle: { watch: other } }
pipelines: { fit: { from: plates, analysis: a.R } }
`.replace("watch: other", `watch: ${workspace().directory}`),
		);
		expect(warnings).toEqual(['source "idle": no pipeline takes from it; its files are recorded, and not analysed']);
	});

	test("warns of private keys that anybody who reads the PostgreSQL could take", async () => {
		const more = `${minimal}catalog: postgres://db.lab/lab\naccess: { required: true }\n`;
		const { warnings } = await workspace().load(more);
		expect(warnings).toEqual(["access.secret is not given: who may read the catalog can make access tokens"]);
		const given = await workspace().load(more, { WATCHRABBIT_ACCESS__SECRET: "0123456789abcdefghijklmnopqrstuvwxyz" });
		expect(given.warnings).toEqual([]);
	});

	test("opens while a share is away, for commands that only look", async () => {
		const { directory, write } = workspace();
		write("watchrabbit.yaml", minimal.replace("watch: in", "watch: away"));
		const loaded = await loadSettings(undefined, {}, { directory, checkPlaces: false });
		expect(loaded.settings.sources[0]?.watch).toBe(join(directory, "away"));
	});
});

describe("a configuration in TypeScript", () => {
	test("may add stages of its own", async () => {
		const { directory, write } = workspace();
		const stage = "(arriving$) => arriving$";
		write(
			"lab.ts",
			`export default {
	sources: { plates: { watch: "in" as string } },
	pipelines: { elisa: { from: "plates", analysis: "a.R", stages: [{ mine: {} }, { batch: { time: "1h" } }] } },
	stages: { mine: ${stage} },
};`,
		);
		const { settings, customStages } = await loadSettings("lab.ts", {}, { directory });
		expect(settings.pipelines[0]?.stages[0]).toEqual({ stage: "custom", name: "mine" });
		expect(customStages.mine).toBeTypeOf("function");
	});

	test("is typed by defineConfig, its stages included", () => {
		const config = defineConfig({
			sources: { plates: { watch: "in", existing: { since: "2026-01-31" } } },
			pipelines: { elisa: { from: "plates", analysis: "a.R", stages: [{ whole: {} }] } },
			stages: {
				whole: (arriving$) =>
					arriving$.pipe(
						filter(({ value, receipt }) => {
							const whole = value.acquisition.incomplete === undefined;
							if (!whole) receipt.resolve();
							return whole;
						}),
					),
			},
		});
		expect(config.stages?.whole).toBeTypeOf("function");
	});

	test("is checked like any other, without line and column", async () => {
		const { directory, write } = workspace();
		write("lab.ts", `export default { sources: { plates: { watch: "in", mod: "poll" } } }`);
		await expect(loadSettings("lab.ts", {}, { directory })).rejects.toThrow(
			'lab.ts: unknown key "mod" in sources.plates\n  Did you mean "mode"?',
		);
	});

	test("that cannot be run says why", async () => {
		const { directory, write } = workspace();
		write("lab.ts", `throw new Error("no licence");`);
		await expect(loadSettings("lab.ts", {}, { directory })).rejects.toMatchObject({
			code: "CONFIG_MODULE",
			message: expect.stringContaining("no licence"),
		});
		write("empty.ts", "export const x = 1;");
		await expect(loadSettings("empty.ts", {}, { directory })).rejects.toMatchObject({
			code: "CONFIG_MODULE",
			fix: "Write: export default defineConfig({ ... })",
		});
	});
});
