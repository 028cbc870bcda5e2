import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Why } from "#test/support/lab.ts";
import { Product } from "#test/support/product.ts";
import { type ListedJob, now, RunningLab } from "#test/support/running-lab.ts";
import { describeWithSharedData, instrumentFile, instrumentFiles } from "#test/support/shared-data.ts";

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  spectra: { watch: ./spectra, complete: { quiet: 200ms, probe: auto } }
  reads: { watch: ./reads, complete: { quiet: 200ms, probe: auto } }
  unprobed: { watch: ./unprobed, complete: { quiet: 200ms } }
pipelines:
  spectrum: { from: spectra, analysis: ./bytes.R }
  basecalls: { from: reads, analysis: ./reads.R, retry: { attempts: 1 } }
  table: { from: unprobed, analysis: ./table.R, retry: { attempts: 1 } }
`;

const bytes = `wr_measure("bytes", file.size(commandArgs(trailingOnly = TRUE)[1]), "By")\n`;
const reads = `input <- commandArgs(trailingOnly = TRUE)[1]
content <- readBin(input, "raw", file.size(input))
if (length(grepRaw("Fastq", content, fixed = TRUE)) == 0L) stop(basename(input), " has no basecalled reads")
${bytes}`;
const table = `values <- read.table(commandArgs(trailingOnly = TRUE)[1])
stopifnot("a spectrum has two columns of numbers" = ncol(values) == 2L && all(sapply(values, is.numeric)))
`;

const stubs = "messy-extra/lfs-pointer-stubs";
const fast5 = "messy-extra/nanopore-fast5";

describeWithSharedData("what has an instrument's name and is not its data", () => {
	let lab: Product;
	let running: RunningLab;

	beforeAll(async () => {
		lab = await Product.create({
			"watchrabbit.yaml": configuration,
			"bytes.R": bytes,
			"reads.R": reads,
			"table.R": table,
		});
		for (const source of ["spectra", "reads", "unprobed"]) await mkdir(lab.path(source));
		running = await RunningLab.startIn(lab);
	});

	afterAll(async () => await running.end());

	const why = async (path: string) => (await lab.json<Why>("why", path))[0] as Why;

	it("as pointers that Git LFS left: none is analysed, and each says what is missing and how to get it", async () => {
		const names = [...instrumentFiles(stubs)].map((path) => path.slice(stubs.length + 1));
		expect(names).toHaveLength(5);
		for (const name of names) await copyFile(instrumentFile(stubs, name), lab.path("spectra", name));
		for (const name of names) {
			const [, size] = /^size (\d+)$/m.exec(await readFile(instrumentFile(stubs, name), "utf8")) ?? [];
			await running.file(name, "settling", new RegExp(`^the ${size} bytes .* Git LFS .*git lfs pull`));
		}
		expect(now(await why("spectra/A1701001.SP"))).toContain("waits for the 2540 bytes");

		await writeFile(lab.path("spectra/A1701001.SP"), Buffer.alloc(2_540, "spectrum"));
		const [result] = await running.results("A1701001.SP", (results) => results.length > 0);
		expect(result?.measurements).toEqual([expect.objectContaining({ name: "bytes", value: 2_540 })]);
	});

	it("as half an HDF5 file: it says how many bytes are missing", async () => {
		const whole = await readFile(instrumentFile(fast5, "example.fast5"));
		await writeFile(lab.path("reads/half.fast5"), whole.subarray(0, whole.length / 2));
		await running.file("half.fast5", "settling", /^\d+ more bytes of the HDF5 file$/);
		expect(now(await why("reads/half.fast5"))).toMatch(/waits for \d+ more bytes of the HDF5 file/);
	});

	it("as a whole HDF5 file without what it is for: the analysis says so, and one call shows it", async () => {
		await copyFile(instrumentFile(fast5, "example_not-working.fast5"), lab.path("reads/empty.fast5"));
		const job = await running.job("basecalls", ({ state }) => state === "dead");
		expect(job.cause?.message).toBe("empty.fast5 has no basecalled reads");
		expect(now(await why("reads/empty.fast5"))).toContain("empty.fast5 has no basecalled reads");
	});

	it("where nothing was asked of its structure: the analysis meets it, and its words are kept", async () => {
		await copyFile(instrumentFile(stubs, "source.jaz"), lab.path("unprobed/source.jaz"));
		const job = await running.job("table", ({ state }) => state === "dead");
		expect(job.cause?.message).toBe("a spectrum has two columns of numbers");
		const dead = await lab.json<ListedJob>("list", "dead");
		expect(dead.map(({ pipeline }) => pipeline).sort()).toEqual(["basecalls", "table"]);
	});
});
