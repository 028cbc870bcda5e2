import { describe, expect, test } from "vitest";
import { minimal, pipelineWith, refusal, watchedPlates } from "#test/support/config-workspace.ts";

// What a person sees, word for word: a change of these texts is a change to be read aloud.

describe("keys and values", () => {
	test("an unknown key, with the one that was meant", async () => {
		expect(await refusal(`${minimal}dta: ./x\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:1: unknown key "dta"
			  5 | dta: ./x
			    | ^^^
			  Did you mean "data"?"
		`);
		expect(await refusal("sources:\n  plates: { wach: in }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:13: unknown key "wach" in sources.plates
			  2 |   plates: { wach: in }
			    |             ^^^^
			  Did you mean "watch"?"
		`);
		expect(await refusal(`${minimal}mail: host.lab\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:1: unknown key "mail"
			  5 | mail: host.lab
			    | ^^^^
			  Known here: data, http, sources, pipelines, pools, grace, broker, catalog, objects, kafka, telemetry, objectives, alerts, projects, access, cache"
		`);
	});

	test("a key that is missing", async () => {
		expect(await refusal("sources:\n  plates:\n    include: ['**/*.csv']\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:3: sources.plates needs the key "watch": The directory that the instrument writes into
			  2 |   plates:
			    |   ^^^^^^
			  Add for example watch: "./instruments/plate-reader""
		`);
		expect(await refusal(`${watchedPlates}pipelines:\n  elisa: { analysis: a.R }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:3: pipelines.elisa needs the key "from": The source whose acquisitions come in
			  3 |   elisa: { analysis: a.R }
			    |   ^^^^^
			  Add for example from: "plates""
		`);
	});

	test("a duration without its unit, or in words", async () => {
		expect(await refusal(pipelineWith("timeout: 600"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:61: pipelines.elisa.timeout must be a duration with its unit: ms, s, m, h or d, such as "2s" or "10m", not the number 600
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, timeout: 600 } }
			    |                                                             ^^^
			  Say the unit: "600s" for seconds, "600m" for minutes."
		`);
		expect(await refusal(pipelineWith("timeout: 10 min"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:61: pipelines.elisa.timeout must be a duration with its unit: ms, s, m, h or d, such as "2s" or "10m", not "10 min"
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, timeout: 10 min } }
			    |                                                             ^^^^^^
			  Write "10m""
		`);
		expect(await refusal(pipelineWith("timeout: 0s"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:61: pipelines.elisa.timeout: it must be longer than nothing
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, timeout: 0s } }
			    |                                                             ^^
			  Write for example "2s"."
		`);
	});

	test("a size without its unit", async () => {
		expect(await refusal(`${minimal}pools: { default: { memory: 2G } }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:29: pools.default.memory must be a size with its unit: B, kB, MB, GB, TB, or KiB, MiB, GiB, TiB, such as "500MB" or "2GB", not "2G"
			  5 | pools: { default: { memory: 2G } }
			    |                             ^^
			  Write "2GB""
		`);
	});

	test("a value of another type", async () => {
		expect(await refusal("sources:\n  plates: { watch: in, include: '**/*.csv' }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:33: sources.plates.include must be a list, not "**/*.csv"
			  2 |   plates: { watch: in, include: '**/*.csv' }
			    |                                 ^^^^^^^^^^
			  Write ["**/*.csv"]"
		`);
		expect(await refusal(`${minimal}pools: { default: { workers: '4' } }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:30: pools.default.workers must be a whole number from 1 to 256, or a map with min, max and wait, not "4"
			  5 | pools: { default: { workers: '4' } }
			    |                              ^^^
			  Write it without quotes: 4"
		`);
		expect(await refusal("sources:\n  plates: { watch: in, mode: pull }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:30: sources.plates.mode must be one of auto, events, poll, not "pull"
			  2 |   plates: { watch: in, mode: pull }
			    |                              ^^^^
			  Write one of: auto, events, poll"
		`);
		expect(await refusal("sources: [plates]\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:1:10: sources must be a map from names to settings, not a list
			  1 | sources: [plates]
			    |          ^^^^^^^^
			  Write a name, a colon, and its settings indented below."
		`);
	});

	test("bounds of workers, and a share of a core, that cannot be", async () => {
		expect(await refusal(`${minimal}pools: { default: { workers: { min: 4, max: 2 } } }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:30: pools.default.workers: min must not be above max
			  5 | pools: { default: { workers: { min: 4, max: 2 } } }
			    |                              ^^^^^^^^^^^^^^^^^^
			  Lower min, or raise max."
		`);
		expect(await refusal(`${minimal}pools: { default: { workers: { min: 4 } } }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:21: pools.default.workers needs the key "max": At most so many
			  5 | pools: { default: { workers: { min: 4 } } }
			    |                     ^^^^^^^
			  Add for example max: 8"
		`);
		expect(await refusal(`${minimal}pools: { default: { cpuShare: 2 } }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:31: pools.default.cpuShare must be a number from 0.02 to 1, not the number 2
			  5 | pools: { default: { cpuShare: 2 } }
			    |                               ^
			  Write for example 0.25: a quarter of what others get."
		`);
	});

	test("a name that cannot be one", async () => {
		expect(await refusal("sources:\n  plate reader: { watch: in }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:3: sources: "plate reader" cannot be a name: letters, digits, - and _, a letter or digit first, at most 63
			  2 |   plate reader: { watch: in }
			    |   ^^^^^^^^^^^^
			  Write "plate-reader""
		`);
	});

	test("a date that is none", async () => {
		expect(
			await refusal("sources:\n  plates: { watch: in, existing: { since: 2026-02-31 } }\n"),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:43: sources.plates.existing.since: "2026-02-31" is no date
			  2 |   plates: { watch: in, existing: { since: 2026-02-31 } }
			    |                                           ^^^^^^^^^^
			  Write year, month, day, such as 2026-01-31, or 2026-01-31T08:00"
		`);
	});

	test("numbers whose digits would be lost", async () => {
		expect(
			await refusal(pipelineWith("params: { plate: 0012, barcode: 12345678901234567, x: .nan }")),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:69: 0012 without quotes is the number 12
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, params: { plate: 0012, barcode: 12345678901234567, x: .nan } } }
			    |                                                                     ^^^^
			  Put it in quotes to keep every digit: "0012"

			watchrabbit.yaml:2:84: 12345678901234567 without quotes is the number 12345678901234568
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, params: { plate: 0012, barcode: 12345678901234567, x: .nan } } }
			    |                                                                                    ^^^^^^^^^^^^^^^^^
			  Put it in quotes to keep every digit: "12345678901234567"

			watchrabbit.yaml:2:106: pipelines.elisa.params.x must be a value that JSON can hold, not the number NaN
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, params: { plate: 0012, barcode: 12345678901234567, x: .nan } } }
			    |                                                                                                          ^^^^
			  Write a text, a number, true, false, null, a list or a map."
		`);
	});

	test("every problem at once, in the order of the file", async () => {
		const said = await refusal(
			"dta: x\nsources:\n  plates: { watch: away, mode: pull }\npipelines:\n  elisa: { from: plate, analysis: b.R }\n",
		);
		expect(said.split("\n").filter((line) => line.startsWith("watchrabbit.yaml"))).toMatchInlineSnapshot(`
			[
			  "watchrabbit.yaml:1:1: unknown key "dta"",
			  "watchrabbit.yaml:3:20: the directory DIR/away is not there",
			  "watchrabbit.yaml:3:32: sources.plates.mode must be one of auto, events, poll, not "pull"",
			  "watchrabbit.yaml:5:18: there is no source "plate"",
			  "watchrabbit.yaml:5:35: the file DIR/b.R is not there",
			]
		`);
	});
});
