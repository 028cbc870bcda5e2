import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

	it("knows two analyses apart that share a script, and not what belongs to it", async () => {
		const alone = { file: at("fit.R"), files: [] };
		const [one, two] = await Promise.all([library.edition(alone), library.edition(analysis())]);
		expect(one.files.map(({ path }) => path)).toEqual(["fit.R"]);
		expect(two.files.map(({ path }) => path)).toEqual(["fit.R", "functions.R"]);
		const project = { ...alone, project: at(".").replace(/\/\.?$/, "") };
		const { digest } = await library.edition(project);
		expect(await library.checkOut(digest, alone.file, project)).toMatchObject({ project: project.project });
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

	describe("of an analysis that is a folder", () => {
		const folder = () => ({ file: at("plates"), files: [] });
		beforeEach(() => {
			mkdirSync(at("plates/R"), { recursive: true });
			write("plates/report.Rmd", "first");
			write("plates/R/functions.R", "helpers");
			write("plates/renv.lock", "{}");
		});

		it("knows an edition by all that is in it, but what its library and editors keep there", async () => {
			const { digest, files } = await library.edition(folder());
			expect(files.map(({ path }) => path)).toEqual(["report.Rmd", "R/functions.R", "renv.lock"]);
			for (const inner of ["renv/library/R-4.2/x", ".git", ".Rproj.user"]) {
				mkdirSync(at(`plates/${inner}`), { recursive: true });
				write(`plates/${inner}/file`, "other");
			}
			expect((await library.edition(folder())).digest).toBe(digest);
			write("plates/new.csv", "");
			expect((await library.edition(folder())).digest).not.toBe(digest);
		});

		it("checks out the folder itself, and a copy of what it was once it is another", async () => {
			const { digest } = await library.edition(folder());
			expect(await library.checkOut(digest, at("plates"), folder())).toMatchObject({
				script: at("plates/report.Rmd"),
				root: at("plates"),
				project: at("plates"),
			});
			write("plates/R/functions.R", "others");
			const copy = await other().checkOut(digest, at("plates"), folder());
			expect(copy).toMatchObject({ root: join(spine.path, "analyses", digest), project: at("plates") });
			expect(readFileSync(copy.script, "utf8")).toBe("first");
			expect(readFileSync(join(copy.root as string, "R/functions.R"), "utf8")).toBe("helpers");
			await library.checkUnchanged(digest, copy, folder());
		});

		it("follows its links, and none that leads back into it", async () => {
			write("shared.R", "shared");
			symlinkSync(at("shared.R"), at("plates/shared.R"));
			symlinkSync(at("plates"), at("plates/R/again"));
			symlinkSync(at("nowhere"), at("plates/broken"));
			mkdirSync(at("lib"));
			write("lib/f.R", "f");
			symlinkSync(at("lib"), at("plates/lib"));
			renameSync(at("plates/report.Rmd"), at("plates/analysis.R"));
			const { files } = await library.edition(folder());
			expect(files.map(({ path }) => path)).toEqual([
				"analysis.R",
				"R/functions.R",
				"lib/f.R",
				"renv.lock",
				"shared.R",
			]);
		});

		it("knows what is run by its name where that is said", async () => {
			write("plates/R/fit.R", "fit");
			const named = { file: at("plates/R/fit.R"), files: [], project: at("plates") };
			const { digest } = await library.edition(named);
			expect((await library.checkOut(digest, named.file, named)).script).toBe(named.file);
			write("plates/R/fit.R", "other");
			const { script, root } = await library.checkOut(digest, named.file, named);
			expect([script, readFileSync(script, "utf8")]).toEqual([join(root as string, "R/fit.R"), "fit"]);
		});

		it("says so when nobody can know what of it is run, or when it holds data", async () => {
			write("plates/other.R", "");
			renameSync(at("plates/report.Rmd"), at("plates/one.R"));
			await expect(library.edition(folder())).rejects.toMatchObject({ code: "ANALYSIS_UNCLEAR", class: "transient" });
			rmSync(at("plates/other.R"));
			writeFileSync(at("plates/data.bin"), Buffer.alloc(65 * 2 ** 20));
			await expect(library.edition(folder())).rejects.toMatchObject({ code: "ANALYSIS_TOO_LARGE", class: "transient" });
		});
	});

	it("knows a package's function by its name, and keeps nothing of it", async () => {
		const fun = { file: "stats::sd", files: [] };
		const { digest, files } = await library.edition(fun);
		expect(files).toEqual([]);
		expect((await library.edition({ file: "stats::mad", files: [] })).digest).not.toBe(digest);
		const checkedOut = await library.checkOut(digest, fun.file, fun);
		expect(checkedOut).toEqual({ script: "stats::sd", files: [] });
		await library.checkUnchanged(digest, checkedOut, fun);
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
