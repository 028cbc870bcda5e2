import { describe, expect, test } from "vitest";
import type { SourceSettings } from "#domain/settings.ts";
import { folderOf, matchRule } from "#domain/watch-rules.ts";

function source(changes: Partial<SourceSettings> = {}, complete: Partial<SourceSettings["complete"]> = {}) {
	const settings: SourceSettings = {
		name: "plates",
		watch: "/plates",
		include: ["**/*.csv"],
		exclude: [],
		acquisition: "file",
		folders: [],
		group: undefined,
		complete: {
			quietMs: 2000,
			marker: [],
			rename: [],
			footer: undefined,
			probe: "none",
			minBytes: 0,
			...complete,
		},
		archive: false,
		existing: "process",
		scanEveryMs: 60_000,
		mode: "auto",
		pollEveryMs: 1000,
		kafka: undefined,
		...changes,
	};
	return settings;
}

const rule = (settings: SourceSettings, path: string) => {
	const verdict = matchRule(settings, path);
	return verdict.include ? "included" : verdict.rule;
};

describe("what a source takes", () => {
	test.each(["a.csv", "deep/down/a.csv", "line\nbreak/x\n.csv", "byte\udcff.csv", "back\\slash.csv"])(
		"%j matches **/*.csv",
		(path) => {
			expect(rule(source(), path)).toBe("included");
		},
	);

	test("a path that no include glob matches names the globs", () => {
		expect(rule(source({ include: ["**/*.csv", "**/*.txt"] }), "a.xlsx")).toBe(
			'include "**/*.csv", "**/*.txt" does not match',
		);
	});

	test("globs tell upper case from lower case", () => {
		expect(rule(source(), "A.CSV")).toContain("does not match");
	});

	test("a hidden name says why the glob does not match it", () => {
		expect(rule(source(), ".partial/a.csv")).toContain("begins with a dot");
		expect(rule(source({ include: ["**/.*.csv"] }), "x/.a.csv")).toBe("included");
	});

	test("exclude wins over include and is named, also for hidden names", () => {
		const settings = source({ exclude: ["old/**", "**/*_tmp.csv"] });
		expect(rule(settings, "old/.x/a.csv")).toBe('exclude "old/**"');
		expect(rule(settings, "new/a_tmp.csv")).toBe('exclude "**/*_tmp.csv"');
	});

	test("a temporary name is told as such, in any directory", () => {
		const settings = source({ include: ["**"] }, { rename: ["*.tmp"] });
		expect(rule(settings, "deep/a.csv.tmp")).toMatch(/^complete.rename "\*\.tmp": a temporary name/);
	});

	test("a marker of a file is no acquisition; a marker inside a run folder is a member", () => {
		const marked = source({ include: ["**"] }, { marker: ["{stem}.done", "all[1].ok"] });
		expect(rule(marked, "d/plate1.done")).toContain('complete.marker "{stem}.done"');
		expect(rule(marked, "d/all[1].ok")).toContain("complete.marker");
		expect(rule(marked, "d/all1.ok")).toBe("included");
		const runs = source({ include: ["**"], acquisition: "folder" }, { marker: ["RTAComplete.txt"] });
		expect(rule(runs, "run1/RTAComplete.txt")).toBe("included");
	});
});

describe("the run folder of a path", () => {
	const runs = source({ include: ["**"], acquisition: "folder" });

	test("is the directory right below the root unless said otherwise", () => {
		expect(folderOf(runs, "run1/Data/x.bcl")).toBe("run1");
		expect(folderOf({ ...runs, folders: ["*/*_run"] }, "miseq/7_run/a/b")).toBe("miseq/7_run");
	});

	test("a file outside of every run folder is ignored by that rule", () => {
		expect(rule(runs, "notes.txt")).toBe('folders "*": it lies in none of them');
	});
});
