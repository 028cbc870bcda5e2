import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { breaches, readHouse } from "../../../deploy/dev/house-rules.ts";

const { entries, files } = readHouse(fileURLToPath(new URL("../../..", import.meta.url)));

describe("the rules of the house", () => {
	it("hold for every file of this project", () => {
		expect(breaches(entries, files)).toEqual([]);
	});

	it("look at the files of every folder", () => {
		const folders = new Set(files.map(({ path }) => path.split("/")[0]));
		expect([...folders]).toEqual(expect.arrayContaining(["pipeline", "stages", "connectors", "r-workers", "test"]));
	});

	it("refuse a new entry at the top level", () => {
		expect(breaches(["scripts"], [])).toEqual([expect.stringContaining("scripts: the top level is given")]);
	});

	// Written in two halves, so that this file keeps the rules that it shows broken.
	it.each([
		["a name that is not kebab-case", "stages/controlChart.ts", "", "kebab-case"],
		["a folder that says nothing", "pipeline/utils/x.ts", "", "says nothing"],
		["a file that says nothing", "stages/helpers.ts", "", "says nothing"],
		["a long file", "stages/x.ts", "\n".repeat(251), "251 lines"],
		["a silenced type error", "stages/x.ts", "// @ts-" + "ignore", "the types are the contract"],
		["a mock", "test/unit/x.test.ts", "vi." + 'mock("./a.ts")', "the real thing"],
		["a path of one machine", "stages/x.ts", 'open("/ho' + 'me/ada/x")', "wrong on every other"],
		["a note to oneself", "stages/x.ts", "// TO" + "DO later", "an issue, not a comment"],
	])("refuse %s", (_, path, text, because) => {
		expect(breaches([], [{ path, text }])).toEqual([expect.stringContaining(because)]);
	});

	it("allow what the project is made of", () => {
		const sound = { path: "stages/control-chart.ts", text: 'import "/api/v1/jobs";\n' };
		expect(breaches(["stages", "LICENSE"], [sound])).toEqual([]);
	});
});
