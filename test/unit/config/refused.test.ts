import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadSettings } from "#config/load.ts";
import { minimal, workspace } from "./workspace.ts";

/** What a person sees, word for word: a change of these texts is a change to be read aloud. */
async function refusal(yaml: string, env?: Record<string, string>): Promise<string> {
	return workspace().refusal(yaml, env);
}

const sources = "sources: { plates: { watch: in } }\n";
const pipeline = (settings: string) => `${sources}pipelines: { elisa: { from: plates, analysis: a.R, ${settings} } }\n`;

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
		expect(await refusal(`${minimal}broker: amqp://host\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:1: unknown key "broker"
			  5 | broker: amqp://host
			    | ^^^^^^
			  Known here: data, http, sources, pipelines, pools"
		`);
	});

	test("a key that is missing", async () => {
		expect(await refusal("sources:\n  plates:\n    include: ['**/*.csv']\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:3: sources.plates needs the key "watch": The directory that the instrument writes into
			  2 |   plates:
			    |   ^^^^^^
			  Add for example watch: "./instruments/plate-reader""
		`);
		expect(await refusal(`${sources}pipelines:\n  elisa: { analysis: a.R }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:3: pipelines.elisa needs the key "from": The source whose acquisitions come in
			  3 |   elisa: { analysis: a.R }
			    |   ^^^^^
			  Add for example from: "plates""
		`);
	});

	test("a duration without its unit, or in words", async () => {
		expect(await refusal(pipeline("timeout: 600"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:61: pipelines.elisa.timeout must be a duration with its unit: ms, s, m, h or d, such as "2s" or "10m", not the number 600
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, timeout: 600 } }
			    |                                                             ^^^
			  Say the unit: "600s" for seconds, "600m" for minutes."
		`);
		expect(await refusal(pipeline("timeout: 10 min"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:61: pipelines.elisa.timeout must be a duration with its unit: ms, s, m, h or d, such as "2s" or "10m", not "10 min"
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, timeout: 10 min } }
			    |                                                             ^^^^^^
			  Write "10m""
		`);
		expect(await refusal(pipeline("timeout: 0s"))).toMatchInlineSnapshot(`
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
			"watchrabbit.yaml:5:30: pools.default.workers must be a whole number from 1 to 256, not "4"
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
			await refusal(pipeline("params: { plate: 0012, barcode: 12345678901234567, x: .nan }")),
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

describe("the text itself", () => {
	test("a key that is there twice", async () => {
		expect(await refusal("sources:\n  plates: { watch: in }\n  plates: { watch: in }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:3: the key "plates" is there twice
			  3 |   plates: { watch: in }
			    |   ^^^^^^
			  Keep one of them, or give the second another name."
		`);
	});

	test("a pattern without quotes", async () => {
		expect(await refusal("sources:\n  plates: { watch: in, include: [*.csv] }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:34: *.csv without quotes means something else in YAML (a reference)
			  2 |   plates: { watch: in, include: [*.csv] }
			    |                                  ^^^^^
			  Put it in quotes: "*.csv""
		`);
	});

	test("a backslash in double quotes, a tab, an open bracket", async () => {
		expect(await refusal('sources:\n  plates: { watch: "in\\data" }\n')).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:23: this is no YAML: Invalid escape sequence \\d
			  2 |   plates: { watch: "in\\data" }
			    |                       ^
			  Use single quotes: in them a backslash is a backslash."
		`);
		expect(await refusal("sources:\n\tplates: { watch: in }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:1: this is no YAML: Tabs are not allowed as indentation
			  2 | 	plates: { watch: in }
			    | ^
			  Indent with spaces."
		`);
		expect(await refusal("sources:\n  plates: { watch: in\npipelines: {}\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:1: this is no YAML: Flow map in block collection must be sufficiently indented and end with a }
			  3 | pipelines: {}
			    | ^
			  Close the bracket, and indent the keys of one map alike."
		`);
	});
});

describe("names", () => {
	test("an unknown source or pool", async () => {
		expect(
			await refusal(`${sources}pipelines:\n  elisa: { from: plate, analysis: a.R, pool: bgi }\npools: { big: {} }\n`),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:18: there is no source "plate"
			  3 |   elisa: { from: plate, analysis: a.R, pool: bgi }
			    |                  ^^^^^
			  Did you mean "plates"?

			watchrabbit.yaml:3:46: there is no pool "bgi"
			  3 |   elisa: { from: plate, analysis: a.R, pool: bgi }
			    |                                              ^^^
			  Did you mean "big"?"
		`);
	});

	test("a pipeline fed by a pipeline", async () => {
		expect(await refusal(`${minimal}  second: { from: elisa, analysis: a.R }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:19: "elisa" is a pipeline, and a pipeline is fed by a source only
			  5 |   second: { from: elisa, analysis: a.R }
			    |                   ^^^^^
			  Name a source instead, from: plates"
		`);
	});

	test("pipelines in a circle", async () => {
		expect(
			await refusal(`${sources}pipelines:\n  a: { from: b, analysis: a.R }\n  b: { from: a, analysis: a.R }\n`),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:14: the pipelines feed one another in a circle: a from b from a
			  3 |   a: { from: b, analysis: a.R }
			    |              ^
			  Name a source instead, one of: plates

			watchrabbit.yaml:4:14: the pipelines feed one another in a circle: b from a from b
			  4 |   b: { from: a, analysis: a.R }
			    |              ^
			  Name a source instead, one of: plates"
		`);
	});

	test("an unknown stage, and two stages in one", async () => {
		expect(await refusal(pipeline("stages: [{ grup: {} }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:63: there is no stage "grup"
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ grup: {} }] } }
			    |                                                               ^^^^
			  Did you mean "group"?"
		`);
		expect(await refusal(pipeline("stages: [{ route: { match: a }, batch: { time: 1h } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:61: pipelines.elisa.stages[0]: a list item of \`stages\` names exactly one stage
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ route: { match: a }, batch: { time: 1h } }] } }
			    |                                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
			  Begin a list item for each: - batch: ...  - route: ..."
		`);
	});
});

describe("what is collected", () => {
	test("a batch that could stall", async () => {
		expect(await refusal(pipeline("stages: [{ batch: { count: 5000 } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:63: pipelines.elisa.stages[0].batch needs the key "time": a batch that is never filled would stall: it always needs a time after which it goes on as it is
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ batch: { count: 5000 } }] } }
			    |                                                               ^^^^^
			  Add for example time: "1h""
		`);
	});

	test("a group without a time", async () => {
		expect(await refusal(pipeline("stages: [{ group: { by: '(?<plate>.+)', count: 2 } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:63: pipelines.elisa.stages[0].group needs the key "time": a group whose member never comes would wait for ever: it always needs a time after which it ends
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(?<plate>.+)', count: 2 } }] } }
			    |                                                               ^^^^^
			  Add for example time: "2d""
		`);
	});

	test("a group that is never complete, or that nothing holds together", async () => {
		expect(await refusal(pipeline("stages: [{ group: { by: '(?<plate>.+)', time: 1h } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:63: this group never becomes complete: neither count nor members says when it is
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(?<plate>.+)', time: 1h } }] } }
			    |                                                               ^^^^^
			  Add count: N or members: [A, B], or incomplete: analyse to take what has come when the time is over."
		`);
		expect(
			await refusal(pipeline("stages: [{ group: { by: '(.+)_R1', count: 2, time: 1h } }]")),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:76: nothing in this expression says which files belong together: it names no capture
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(.+)_R1', count: 2, time: 1h } }] } }
			    |                                                                            ^^^^^^^^^
			  Name the part that members have in common: (?<sample>...)"
		`);
		expect(
			await refusal(pipeline("stages: [{ group: { by: '(?<x>.+)_R1', members: [R1, R2], time: 1h } }]")),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:76: members R1, R2 are asked for, but nothing in this expression is named member
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(?<x>.+)_R1', members: [R1, R2], time: 1h } }] } }
			    |                                                                            ^^^^^^^^^^^^^
			  Name the part that tells them apart: (?<member>R1|R2)"
		`);
	});

	test("an expression that is none", async () => {
		expect(await refusal(pipeline("stages: [{ route: { match: '(a' } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:79: pipelines.elisa.stages[0].route.match: this is no regular expression: Unterminated group
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ route: { match: '(a' } }] } }
			    |                                                                               ^^^^
			  Correct the expression; in single quotes YAML leaves every backslash as it is."
		`);
		expect(
			await refusal(pipeline("stages: [{ group: { by: '(?P<plate>.+)', count: 2, time: 1h } }]")),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:76: pipelines.elisa.stages[0].group.by: this is no regular expression: Invalid group
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(?P<plate>.+)', count: 2, time: 1h } }] } }
			    |                                                                            ^^^^^^^^^^^^^^^
			  Named captures are written (?<name>...): '(?<plate>.+)'"
		`);
	});

	test("a pattern that matches nothing", async () => {
		const include = (glob: string) => refusal(`sources:\n  plates: { watch: in, include: ['${glob}'] }\n`);
		expect(await include("[ab.csv")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:34: sources.plates.include[0]: "[ab.csv" opens a bracket that it does not close
			  2 |   plates: { watch: in, include: ['[ab.csv'] }
			    |                                  ^^^^^^^^^
			  Close it, or put a backslash before a bracket that is part of the name."
		`);
		expect(await include("/data/*.csv")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:34: sources.plates.include[0]: "/data/*.csv" is absolute, but patterns are relative to the watched directory
			  2 |   plates: { watch: in, include: ['/data/*.csv'] }
			    |                                  ^^^^^^^^^^^^^
			  Write for example "**/*.csv"."
		`);
		expect(await include("../*.csv")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:34: sources.plates.include[0]: "../*.csv" leaves the watched directory
			  2 |   plates: { watch: in, include: ['../*.csv'] }
			    |                                  ^^^^^^^^^^
			  Watch the directory above, or make it a source of its own."
		`);
		expect(await include("./*.csv")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:34: sources.plates.include[0]: "./*.csv" matches nothing: relative paths begin without ./
			  2 |   plates: { watch: in, include: ['./*.csv'] }
			    |                                  ^^^^^^^^^
			  Write "*.csv""
		`);
	});

	test("an acquisition that its keys do not fit", async () => {
		expect(await refusal("sources:\n  plates: { watch: in, acquisition: group }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:37: acquisition: group needs the key group, which says what belongs together
			  2 |   plates: { watch: in, acquisition: group }
			    |                                     ^^^^^
			  Add for example group: { by: '^(?<sample>.+)_(?<member>R1|R2)', members: [R1, R2], time: 2d }"
		`);
		expect(await refusal("sources:\n  plates: { watch: in, folders: ['*.d'] }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:24: folders is for acquisition: folder, and this source has acquisition: file
			  2 |   plates: { watch: in, folders: ['*.d'] }
			    |                        ^^^^^^^
			  Write acquisition: folder, or remove folders."
		`);
		expect(
			await refusal("sources:\n  plates: { watch: in, group: { by: '(?<a>.)', count: 2, time: 1h } }\n"),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:24: group is for acquisition: group, and this source has acquisition: file
			  2 |   plates: { watch: in, group: { by: '(?<a>.)', count: 2, time: 1h } }
			    |                        ^^^^^
			  Write acquisition: group, or remove group."
		`);
	});
});

describe("places", () => {
	test("an analysis that is not there, is no R script, or is a directory", async () => {
		const analysis = (file: string) => refusal(`${sources}pipelines:\n  elisa: { from: plates, analysis: ${file} }\n`);
		expect(await analysis("elisa.R")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:36: the file DIR/elisa.R is not there
			  3 |   elisa: { from: plates, analysis: elisa.R }
			    |                                    ^^^^^^^
			  Write it (watchrabbit init writes one to begin with), or correct the path: it is relative to the configuration."
		`);
		expect(await analysis("a.r")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:36: the file DIR/a.r is not there
			  3 |   elisa: { from: plates, analysis: a.r }
			    |                                    ^^^
			  Did you mean DIR/a.R?"
		`);
		expect(await analysis("a.py")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:36: a.py is no R script: it ends neither with .R nor with .Rmd or .qmd
			  3 |   elisa: { from: plates, analysis: a.py }
			    |                                    ^^^^
			  Name an R script."
		`);
		expect(await analysis("{ file: a.R, files: [plan.csv, in] }")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:57: the file DIR/plan.csv is not there
			  3 |   elisa: { from: plates, analysis: { file: a.R, files: [plan.csv, in] } }
			    |                                                         ^^^^^^^^
			  Create it, or correct the path: it is relative to the configuration.

			watchrabbit.yaml:3:67: DIR/in is not a file
			  3 |   elisa: { from: plates, analysis: { file: a.R, files: [plan.csv, in] } }
			    |                                                                   ^^
			  Name a file."
		`);
	});

	test("a watched directory that is not there, or is a file", async () => {
		expect(await refusal("sources:\n  plates: { watch: instruments/reader }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:20: the directory DIR/instruments/reader is not there
			  2 |   plates: { watch: instruments/reader }
			    |                    ^^^^^^^^^^^^^^^^^^
			  Create it (mkdir -p 'DIR/instruments/reader'), or mount the share that it is on."
		`);
		expect(await refusal("sources:\n  plates: { watch: a.R }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:20: DIR/a.R is a file, and a source watches a directory
			  2 |   plates: { watch: a.R }
			    |                    ^^^
			  Write the directory that it is in, and include: ["a.R"]"
		`);
	});

	test("a watch inside our own data directory", async () => {
		expect(await refusal("data: .\nsources:\n  plates: { watch: in }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:20: DIR/in lies inside our own data directory DIR
			  3 |   plates: { watch: in }
			    |                    ^^
			  Watch a directory outside of it, or give data another place."
		`);
	});

	test("our own data directory inside a watch, unless nothing is taken from it", async () => {
		expect(await refusal("data: in/state\nsources:\n  plates: { watch: in }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:20: our own data directory DIR/in/state lies inside the watched DIR/in: we would take our results for new files
			  3 |   plates: { watch: in }
			    |                    ^^
			  Add exclude: ["state/**"], or give data a place outside."
		`);
		await expect(
			workspace().load("data: in/state\nsources:\n  plates: { watch: in, exclude: ['state/**'] }\n"),
		).resolves.toBeDefined();
		await expect(workspace().load("sources:\n  plates: { watch: . }\n")).resolves.toBeDefined();
	});

	test("two sources over one tree, also by another name", async () => {
		expect(await refusal("sources:\n  one: { watch: in }\n  two: { watch: ./in/ }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:17: DIR/in is watched by the source "one" already
			  3 |   two: { watch: ./in/ }
			    |                 ^^^^^
			  Keep one source, and let several pipelines say from: one"
		`);
		expect(await refusal("sources:\n  one: { watch: in }\n  two: { watch: . }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:17: DIR/in lies inside DIR: the sources "two" and "one" would both take its files
			  3 |   two: { watch: . }
			    |                 ^
			  Let each source watch a directory of its own, or make them one source."
		`);
		const { directory, refusal: refused } = workspace();
		symlinkSync(join(directory, "in"), join(directory, "link"));
		expect(await refused("sources:\n  one: { watch: in }\n  two: { watch: link }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:17: DIR/in is watched by the source "one" already
			  3 |   two: { watch: link }
			    |                 ^^^^
			  Keep one source, and let several pipelines say from: one"
		`);
	});
});

describe("the address", () => {
	test.each(["8080", "host", ":80"])("%s is none", async (listen) => {
		expect(await refusal(`http: { listen: "${listen}" }\n`)).toContain(
			`"${listen}" is no address: it takes a host and a port`,
		);
	});

	test("a port without quotes, and one out of range", async () => {
		expect(await refusal("http: { listen: 8080 }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:1:17: http.listen must be a host and a port, not the number 8080
			  1 | http: { listen: 8080 }
			    |                 ^^^^
			  Write "127.0.0.1:8080""
		`);
		expect(await refusal('http: { listen: "127.0.0.1:70000" }\n')).toMatchInlineSnapshot(`
			"watchrabbit.yaml:1:17: there is no port 70000: ports go from 0 to 65535
			  1 | http: { listen: "127.0.0.1:70000" }
			    |                 ^^^^^^^^^^^^^^^^^
			  Write for example "127.0.0.1:8080"; port 0 takes a free one."
		`);
	});

	test("that other machines reach", async () => {
		expect(await refusal('http: { listen: "0.0.0.0:8080" }\n')).toMatchInlineSnapshot(`
			"watchrabbit.yaml:1:17: 0.0.0.0 is reached from other machines, and the API has no authentication yet
			  1 | http: { listen: "0.0.0.0:8080" }
			    |                 ^^^^^^^^^^^^^^
			  Write "127.0.0.1:8080", and put a proxy that asks who it is in front of it."
		`);
	});
});

test("a wrong value in the environment is shown with its variable", async () => {
	expect(await refusal(minimal, { WATCHRABBIT_POOLS__DEFAULT__WORKERS: "many" })).toMatchInlineSnapshot(`
		"environment variable WATCHRABBIT_POOLS__DEFAULT__WORKERS: pools.default.workers must be a whole number from 1 to 256, not "many"
		  | WATCHRABBIT_POOLS__DEFAULT__WORKERS=many
		  Write a number from 1 to 256."
	`);
});

test("the error is permanent, and carries the problems one by one", async () => {
	const { directory, write } = workspace();
	write("watchrabbit.yaml", `${minimal}dta: x\n`);
	await expect(loadSettings(undefined, {}, { directory })).rejects.toMatchObject({
		code: "CONFIG_INVALID",
		class: "permanent",
		problems: [
			{
				path: ["dta"],
				origin: { kind: "file", place: { line: 5, column: 1, length: 3 } },
				message: 'unknown key "dta"',
			},
		],
	});
});
