import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { manifestSchema } from "#domain/manifest-schema.ts";
import { type Ended, Product } from "#test/support/product.ts";
import { describeWith } from "#test/support/services.ts";

interface Summary {
	readonly files: readonly {
		readonly path: string;
		readonly what: string;
		readonly state: string;
		readonly ended: string;
		readonly why: string;
		readonly measurements: readonly { readonly name: string; readonly value: number; readonly unit: string }[];
	}[];
	readonly unaccounted: number;
	readonly differences: readonly string[];
}

/** The fit to run 1 as the examples of R's help page `nls` print it. */
const published = { Asym: 2.34518, xmid: 1.48309, scal: 1.04146 };
const schema = fileURLToPath(new URL("../../pipeline/domain/manifest.schema.json", import.meta.url));

/** The demo is played once; what it leaves with --keep is looked at by every test. */
function playedDemo(engine: "fork" | "wasm", environment: () => NodeJS.ProcessEnv): void {
	let lab: Product;
	let ended: Ended;
	let summary: Summary;
	beforeAll(async () => {
		lab = await Product.create({}, environment());
		ended = await lab.run("demo", "--until-idle", "--json", "--keep", "kept");
		expect(ended.stdout, ended.stderr).not.toBe("");
		summary = JSON.parse(ended.stdout);
	}, 300_000);
	afterAll(async () => await lab.remove());

	const kept = (...args: string[]) => lab.run(...args, "-c", "kept/watchrabbit.yaml");
	const file = (name: string) => summary.files.find(({ path }) => path === name);

	it("ends with 0, and nothing is unaccounted for", () => {
		expect(ended.code, ended.stderr).toBe(0);
		expect(summary).toMatchObject({ unaccounted: 0, differences: [] });
	});

	it("says which engine it uses, and tells every step of a file once", () => {
		expect(ended.stderr).toContain(`engine ${engine}: `);
		const steps = ended.stderr.split("\n").filter((line) => /^\w+ +reader-a\/run-01\.csv/.test(line));
		expect(steps.map((line) => line.split(/\s+/)[0])).toEqual(["writes", "complete", "analysed"]);
		const waits = ended.stderr.split("\n").filter((line) => line.startsWith("waits"));
		expect(new Set(waits).size).toBe(waits.length);
	});

	it("fits run 1 as published", () => {
		const found = Object.fromEntries((file("reader-a/run-01.csv")?.measurements ?? []).map((m) => [m.name, m.value]));
		for (const [name, value] of Object.entries(published)) expect(found[name]?.toFixed(5)).toBe(value.toFixed(5));
	});

	it("analyses every finished export", () => {
		const runs = summary.files.slice(0, 11);
		expect(runs.map(({ ended }) => ended)).toEqual(Array(11).fill("analysed"));
		expect(runs.every(({ measurements }) => measurements.length === 4)).toBe(true);
	});

	it("links the duplicate to the result of run 3", () => {
		const copy = file("reader-a/run-03 copy.csv");
		expect(copy).toMatchObject({ state: "analysed", ended: "linked" });
		expect(copy?.why).toContain("made for reader-a/run-03.csv, which has the same content");
		expect(copy?.measurements).toEqual(file("reader-a/run-03.csv")?.measurements);
	});

	it("says why the broken plate is dead", () => {
		const broken = file("reader-b/run-12.csv");
		expect(broken).toMatchObject({ ended: "dead", measurements: [] });
		expect(broken?.why).toContain('3 of 16 wells read "OVRFLW": dilute the plate and read it again');
	});

	it("keeps the export that is never finished waiting for its footer", () => {
		const open = file("reader-a/run-13.csv");
		expect(open).toMatchObject({ state: "settling", ended: "settling", measurements: [] });
		expect(open?.why).toContain("waits for the footer /# end of export/");
	});

	it("writes manifests that the published JSON Schema takes, with no field that it does not know", () => {
		const valid = new Ajv2020({ validateFormats: false }).compile(JSON.parse(readFileSync(schema, "utf8")));
		const manifests = globSync("kept/state/objects/results/**/manifest.json", { cwd: lab.directory });
		expect(manifests).toHaveLength(11);
		for (const name of manifests) {
			const manifest = JSON.parse(readFileSync(lab.path(name), "utf8"));
			valid(manifest);
			expect(valid.errors ?? [], name).toEqual([]);
			expect(manifestSchema.parse(manifest)).toEqual(manifest);
		}
	});

	it("leaves a lab in which every command works", async () => {
		const [result] = await lab.json<{ id: string; job: string }>("list", "results", "-c", "kept/watchrabbit.yaml");
		const plate = "kept/instruments/reader-a/run-01.csv";
		const commands: [string[], RegExp][] = [
			[["verify"], /unaccounted: 0/],
			[["list", "files"], /reader-a\/run-13\.csv/],
			[["list", "jobs"], /completed/],
			[["list", "results"], /Asym/],
			[["list", "dead"], /OVRFLW/],
			[["list", "sources"], /plates/],
			[["show", result?.id ?? ""], /curve\.pdf/],
			[["show", result?.job ?? ""], /completed/],
			[["why", plate], /has result r/],
			[["try", plate, "--pipeline", "standard-curve"], /Asym = 2\.34518[\s\S]*nothing was stored/],
			[["config", "check"], /right/],
			[["config", "explain"], /sources\.plates\.watch/],
			[["doctor"], /data/],
			[["replay", "--dead"], /1 job queued/],
		];
		for (const [args, says] of commands) {
			const { code, stdout, stderr } = await kept(...args);
			expect(stdout, `${args.join(" ")}\n${stderr}`).toMatch(says);
			expect(code, `${args.join(" ")}\n${stderr}`).toBe(0);
		}
	}, 240_000);

	it("is not played a second time into the lab that it left", async () => {
		const { code, stderr } = await lab.run("demo", "--until-idle", "--keep", "kept");
		expect(stderr).toMatch(/^USAGE_DEMO_KEEP: .*kept is not empty\n→ Give a directory to --keep that is new or empty/);
		expect(code).toBe(2);
	});
}

describeWith("r", "the demo with the R of this machine", () => {
	playedDemo("fork", () => ({}));
});

describe("the demo on a machine without R", () => {
	/** A PATH with everything but R. */
	const bin = mkdtempSync(join(tmpdir(), "watchrabbit-no-r-"));
	afterAll(() => rmSync(bin, { recursive: true }));
	playedDemo("wasm", () => ({ PATH: pathWithoutR(bin) }));
});

/** Folders of the PATH that have an Rscript are replaced by one with links to everything else in them. */
function pathWithoutR(links: string): string {
	return (process.env.PATH ?? "")
		.split(delimiter)
		.map((folder) => {
			if (!existsSync(join(folder, "Rscript"))) return folder;
			for (const name of globSync("*", { cwd: folder })) {
				if (name !== "R" && name !== "Rscript" && !existsSync(join(links, name)))
					symlinkSync(join(folder, name), join(links, name));
			}
			return links;
		})
		.join(delimiter);
}
