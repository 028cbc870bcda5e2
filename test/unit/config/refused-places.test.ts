import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { refusal, watchedPlates, workspace } from "#test/support/config-workspace.ts";

// What a person sees, word for word: a change of these texts is a change to be read aloud.

describe("places", () => {
	test("an analysis that is not there, is no R script, or is a directory", async () => {
		const analysis = (file: string) =>
			refusal(`${watchedPlates}pipelines:\n  elisa: { from: plates, analysis: ${file} }\n`);
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
			  Name an R script, a report, a folder with one of them, or a function of a package as pkg::fun."
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
