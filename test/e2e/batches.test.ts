import { afterAll, beforeAll, expect, it } from "vitest";
import { type ListedResult, listed, measured } from "#test/support/lab.ts";
import { Product } from "#test/support/product.ts";
import { now, RunningLab, whyOf } from "#test/support/running-lab.ts";
import { describeWith } from "#test/support/services.ts";

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  reads: { watch: ./data, complete: { quiet: 100ms } }
pipelines:
  nightly:
    from: reads
    stages:
      - batch: { bytes: 1kB, time: 1h }
    analysis: ./count.R
`;

const script = `inputs <- head(commandArgs(trailingOnly = TRUE), -1)
wr_measure("files", length(inputs))
wr_measure("bytes", sum(file.size(inputs)), "By")
`;

describeWith("r", "a batch by bytes", () => {
	let lab: Product;
	let running: RunningLab;

	beforeAll(async () => {
		lab = await Product.create({ "watchrabbit.yaml": configuration, "count.R": script, "data/.keep": "" });
		running = await RunningLab.startIn(lab);
	});

	afterAll(async () => await running.end());

	/** One after the other: a batch takes them in the order in which they settled. */
	async function write(name: string, bytes: number): Promise<void> {
		await lab.write(`data/${name}`, name.padEnd(bytes, "."));
		await running.file(name, "settled");
	}
	const kill = async () => {
		await running.up.stop("SIGKILL");
		running = await RunningLab.startIn(lab);
	};
	const batches = async (enough: number) => {
		const results = await listed<ListedResult>(running.address, "results", ({ length }) => length >= enough);
		return results
			.map((result) => [result.acquisition.members.map(({ path }) => path).join(" "), measured(result, "bytes")])
			.sort();
	};

	it("goes on when enough bytes are in it, also over a kill -9", async () => {
		await write("a", 400);
		await write("b", 400);
		await expect
			.poll(async () => now(await whyOf(lab, "b")), { timeout: 60_000 })
			.toContain("waits in a batch with 2 acquisitions");
		await kill();
		await write("c", 200);
		expect(await batches(1)).toEqual([["a b c", 1_000]]);
	});

	it("is one file where that has enough, and takes nothing that went on before, whenever we are killed", async () => {
		await lab.write("data/large", "large".padEnd(5_000, "."));
		expect(await batches(2)).toHaveLength(2);
		await kill();
		await write("d", 999);
		await lab.write("data/e", "e");
		expect(await batches(3)).toEqual([
			["a b c", 1_000],
			["d e", 1_000],
			["large", 5_000],
		]);
	});
});
