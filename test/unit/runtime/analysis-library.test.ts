import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AnalysisLibrary } from "#runtime/analysis-library.ts";
import { Spine } from "#test/support/spine.ts";

describe("the library of analyses", () => {
	let spine: Spine;
	let library: AnalysisLibrary;
	beforeEach(async () => {
		spine = await Spine.open();
		mkdirSync(join(spine.path, "scripts"));
		library = new AnalysisLibrary(spine.objects, join(spine.path, "analyses"));
		write("fit.R", "first");
		write("functions.R", "helpers");
	});
	afterEach(() => spine.close());

	const at = (name: string) => join(spine.path, "scripts", name);
	const write = (name: string, text: string) => writeFileSync(at(name), text);
	const analysis = () => ({ file: at("fit.R"), files: [at("functions.R")] });
	const other = () => new AnalysisLibrary(spine.objects, join(spine.path, "analyses"));

	it("knows an edition by its content: script and declared files", async () => {
		const first = await library.edition(analysis());
		write("functions.R", "other helpers");
		const second = await library.edition(analysis());
		write("functions.R", "helpers");
		expect(second.digest).not.toBe(first.digest);
		expect((await library.edition(analysis())).digest).toBe(first.digest);
		expect(first.files.map(({ path }) => path)).toEqual(["fit.R", "functions.R"]);
	});

	it("checks out the lab's own file while it is that edition", async () => {
		const { digest } = await library.edition(analysis());
		const checkedOut = await library.checkOut(digest, at("fit.R"), analysis());
		expect(checkedOut.script).toBe(at("fit.R"));
		await library.checkUnchanged(digest, checkedOut, analysis());
	});

	it("checks out a copy of what it was, with its declared files, once it is another", async () => {
		const { digest } = await library.edition(analysis());
		write("fit.R", "second");
		const { script, files } = await library.checkOut(digest, at("fit.R"), analysis());
		expect(readFileSync(script, "utf8")).toBe("first");
		expect(readFileSync(join(script, "../functions.R"), "utf8")).toBe("helpers");
		expect(files.map(({ path }) => path).sort()).toEqual(["fit.R", "functions.R"]);
	});

	it("does so also when the file is gone or has another name, and after a restart", async () => {
		const { digest } = await library.edition(analysis());
		renameSync(at("fit.R"), at("renamed.R"));
		const now = { file: at("renamed.R"), files: [] };
		const { script } = await other().checkOut(digest, at("fit.R"), now);
		expect(readFileSync(script, "utf8")).toBe("first");
	});

	it("lays a copy out once: another run may be in it", async () => {
		const { digest } = await library.edition(analysis());
		write("fit.R", "second");
		const [one, two] = await Promise.all([
			library.checkOut(digest, at("fit.R"), analysis()),
			library.checkOut(digest, at("fit.R"), analysis()),
		]);
		writeFileSync(join(one.script, "../in-use"), "");
		const three = await library.checkOut(digest, at("fit.R"), analysis());
		expect([two.script, three.script]).toEqual([one.script, one.script]);
		expect(existsSync(join(one.script, "../in-use"))).toBe(true);
	});

	it("tells that a script was edited after it was checked out", async () => {
		const { digest } = await library.edition(analysis());
		const checkedOut = await library.checkOut(digest, at("fit.R"), analysis());
		write("fit.R", "second");
		const check = library.checkUnchanged(digest, checkedOut, analysis());
		await expect(check).rejects.toMatchObject({ code: "SCRIPT_CHANGED", class: "transient" });
		const copy = await library.checkOut(digest, at("fit.R"), analysis());
		await library.checkUnchanged(digest, copy, analysis());
	});

	it("says what to do when a script is missing, and when an edition is", async () => {
		rmSync(at("fit.R"));
		await expect(library.edition(analysis())).rejects.toMatchObject({
			code: "SCRIPT_MISSING",
			class: "transient",
			fix: expect.stringContaining(at("fit.R")),
		});
		const missing = library.checkOut("0".repeat(64), at("fit.R"), analysis());
		await expect(missing).rejects.toMatchObject({ code: "EDITION_MISSING", class: "permanent" });
	});
});
