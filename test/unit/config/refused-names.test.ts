import { describe, expect, test } from "vitest";
import { minimal, pipelineWith, refusal, watchedPlates, workspace } from "#test/support/config-workspace.ts";

// What a person sees, word for word: a change of these texts is a change to be read aloud.

describe("names", () => {
	test("an unknown source or pool", async () => {
		expect(
			await refusal(
				`${watchedPlates}pipelines:\n  elisa: { from: plate, analysis: a.R, pool: bgi }\npools: { big: {} }\n`,
			),
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

	test("a topic of a Kafka that nothing names, and one that two sources would share", async () => {
		const { makeDirectory, refusal } = workspace();
		makeDirectory("in");
		makeDirectory("other");
		const sources = `sources:
  a: { watch: in, kafka: { topic: plates, group: lab } }
  b: { watch: other, kafka: { topic: plates, group: lab } }
`;
		expect(await refusal(sources)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:19: nothing says where this Kafka is
			  2 |   a: { watch: in, kafka: { topic: plates, group: lab } }
			    |                   ^^^^^
			  Add for example kafka: { brokers: ["kafka.lab:9092"] }, beside sources.

			watchrabbit.yaml:3:22: nothing says where this Kafka is
			  3 |   b: { watch: other, kafka: { topic: plates, group: lab } }
			    |                      ^^^^^
			  Add for example kafka: { brokers: ["kafka.lab:9092"] }, beside sources."
		`);
		expect(await refusal(`${sources}kafka: { brokers: ["k1:9092"] }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:22: the sources "a" and "b" would share the messages of plates: each message would go to one of them
			  3 |   b: { watch: other, kafka: { topic: plates, group: lab } }
			    |                      ^^^^^
			  Leave group out, or give each source a group of its own."
		`);
	});

	test("a topic of which one source names the group that another has by itself", async () => {
		const { makeDirectory, refusal } = workspace();
		makeDirectory("in");
		makeDirectory("other");
		const sources = `sources:
  a: { watch: in, kafka: { topic: plates } }
  b: { watch: other, kafka: { topic: plates, group: watchrabbit.plates.a } }
kafka: { brokers: ["k1:9092"] }
`;
		expect(await refusal(sources)).toContain('the sources "a" and "b" would share the messages of plates');
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
			await refusal(`${watchedPlates}pipelines:\n  a: { from: b, analysis: a.R }\n  b: { from: a, analysis: a.R }\n`),
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
		expect(await refusal(pipelineWith("stages: [{ grup: {} }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:63: there is no stage "grup"
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ grup: {} }] } }
			    |                                                               ^^^^
			  Did you mean "group"?"
		`);
		expect(
			await refusal(pipelineWith("stages: [{ route: { match: a }, batch: { time: 1h } }]")),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:61: pipelines.elisa.stages[0]: a list item of \`stages\` names exactly one stage
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ route: { match: a }, batch: { time: 1h } }] } }
			    |                                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
			  Begin a list item for each: - batch: ...  - route: ..."
		`);
	});
});

describe("what is collected", () => {
	test("a batch that could stall", async () => {
		expect(await refusal(pipelineWith("stages: [{ batch: { count: 5000 } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:63: pipelines.elisa.stages[0].batch needs the key "time": a batch that is never filled would stall: it always needs a time after which it goes on as it is
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ batch: { count: 5000 } }] } }
			    |                                                               ^^^^^
			  Add for example time: "1h""
		`);
	});

	test("a group without a time", async () => {
		expect(await refusal(pipelineWith("stages: [{ group: { by: '(?<plate>.+)', count: 2 } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:63: pipelines.elisa.stages[0].group needs the key "time": a group whose member never comes would wait for ever: it always needs a time after which it ends
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(?<plate>.+)', count: 2 } }] } }
			    |                                                               ^^^^^
			  Add for example time: "2d""
		`);
	});

	test("a group that is never complete, or that nothing holds together", async () => {
		expect(await refusal(pipelineWith("stages: [{ group: { by: '(?<plate>.+)', time: 1h } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:63: this group never becomes complete: neither count nor members says when it is
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(?<plate>.+)', time: 1h } }] } }
			    |                                                               ^^^^^
			  Add count: N or members: [A, B], or incomplete: analyse to take what has come when the time is over."
		`);
		expect(
			await refusal(pipelineWith("stages: [{ group: { by: '(.+)_R1', count: 2, time: 1h } }]")),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:76: nothing in this expression says which files belong together: it names no capture
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(.+)_R1', count: 2, time: 1h } }] } }
			    |                                                                            ^^^^^^^^^
			  Name the part that members have in common: (?<sample>...)"
		`);
		expect(
			await refusal(pipelineWith("stages: [{ group: { by: '(?<x>.+)_R1', members: [R1, R2], time: 1h } }]")),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:76: members R1, R2 are asked for, but nothing in this expression is named member
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ group: { by: '(?<x>.+)_R1', members: [R1, R2], time: 1h } }] } }
			    |                                                                            ^^^^^^^^^^^^^
			  Name the part that tells them apart: (?<member>R1|R2)"
		`);
	});

	test("an expression that is none", async () => {
		expect(await refusal(pipelineWith("stages: [{ route: { match: '(a' } }]"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:79: pipelines.elisa.stages[0].route.match: this is no regular expression: Unterminated group
			  2 | pipelines: { elisa: { from: plates, analysis: a.R, stages: [{ route: { match: '(a' } }] } }
			    |                                                                               ^^^^
			  Correct the expression; in single quotes YAML leaves every backslash as it is."
		`);
		expect(
			await refusal(pipelineWith("stages: [{ group: { by: '(?P<plate>.+)', count: 2, time: 1h } }]")),
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
