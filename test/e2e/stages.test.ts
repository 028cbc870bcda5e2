import { mkdir, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListedFile, type ListedResult, listed, measured, type Why } from "#test/support/lab.ts";
import { Product, type Running } from "#test/support/product.ts";
import { now } from "#test/support/running-lab.ts";

/** What a lab writes that has a stage of its own; in an installation the first two lines name the packages. */
const configuration = `import { defineConfig } from "${new URL("../../pipeline/config/define-config.ts", import.meta.url)}";
import { filter } from "${import.meta.resolve("rxjs")}";

export default defineConfig({
	data: "./state",
	http: { listen: "127.0.0.1:0" },
	sources: { plates: { watch: "./plates", complete: { quiet: "100ms" } }, runs: { watch: "./runs", complete: { quiet: "100ms" } } },
	pipelines: {
		assays: {
			from: "plates",
			stages: [{ withoutBlanks: {} }, { route: { match: "^elisa-" } }, { batch: { count: 3, time: "1h" } }],
			analysis: "./count.R",
		},
		hourly: { from: "runs", stages: [{ batch: { time: "2s" } }], analysis: "./count.R" },
		replicates: {
			from: "runs",
			stages: [{ route: { match: "_rep" } }, { group: { by: "^(?<run>.+)_rep(?<member>[AB])", members: ["A", "B"], time: "1h" } }],
			analysis: "./count.R",
		},
	},
	stages: {
		/** A blank is no sample: it is done here. */
		withoutBlanks: (arriving$) =>
			arriving$.pipe(
				filter(({ value, receipt }) => {
					const sample: boolean = !value.acquisition.key.includes("blank");
					if (!sample) receipt.resolve();
					return sample;
				}),
			),
	},
});
`;

const script = `inputs <- head(commandArgs(trailingOnly = TRUE), -1)
wr_measure("files", length(inputs))
`;

describe("the stages of a pipeline", () => {
	let lab: Product;
	let up: Running;
	let address: string;

	const start = async () => {
		up = lab.start("up", "-c", "lab.ts");
		address = await up.address();
	};

	beforeAll(async () => {
		lab = await Product.create({ "lab.ts": configuration, "count.R": script });
		await mkdir(lab.path("plates"));
		await mkdir(lab.path("runs"));
		await start();
	});

	afterAll(async () => {
		const ended = await up.stop();
		const verified = await lab.run("verify", "-c", "lab.ts");
		await lab.remove();
		expect(verified.stdout).toContain("unaccounted: 0");
		expect(ended.code, ended.stderr).toBe(0);
	});

	const write = async (...paths: string[]) => {
		for (const path of paths) await writeFile(lab.path(path), `${path}\n`);
	};
	const whyComesToSay = async (path: string, words: string) =>
		await expect
			.poll(async () => now((await lab.json<Why>("why", path, "-c", "lab.ts"))[0] as Why), { timeout: 60_000 })
			.toContain(words);
	/** The results of a pipeline, once they are of so many files together. */
	const resultsOf = async (pipeline: string, files: number) => {
		const of = (all: readonly ListedResult[]) => all.filter((result) => result.pipeline === pipeline);
		return of(await listed<ListedResult>(address, "results", (all) => of(all).flatMap(keysOf).length >= files));
	};
	const keysOf = (result: ListedResult | undefined) => result?.acquisition.members.map(({ path }) => path);

	it("hand on what a stage of the lab's own lets through, and what a route takes; of the rest `why` says so", async () => {
		await write("plates/elisa-1.csv", "plates/elisa-blank.csv", "plates/qpcr-1.csv");
		await whyComesToSay("plates/elisa-1.csv", "assays: waits in a batch with 1 acquisition of 3, until ");
		await whyComesToSay("plates/qpcr-1.csv", "assays: the route ^elisa- does not take it");
		await whyComesToSay("plates/elisa-blank.csv", "assays: its stage withoutBlanks let nothing of it through");
	});

	it("keep a batch that is open through a kill -9, and send it on when it is full", async () => {
		await write("plates/elisa-2.csv");
		await whyComesToSay("plates/elisa-2.csv", "waits in a batch with 2 acquisitions of 3");
		await up.stop("SIGKILL");
		await start();
		await whyComesToSay("plates/elisa-1.csv", "waits in a batch with 2 acquisitions of 3");
		await write("plates/elisa-3.csv");
		const [result, ...others] = await resultsOf("assays", 3);
		expect(others).toEqual([]);
		expect(keysOf(result)).toEqual(["elisa-1.csv", "elisa-2.csv", "elisa-3.csv"]);
		await listed<ListedFile>(address, "files", (files) =>
			files.some(({ path, state }) => path === "elisa-1.csv" && state === "analysed"),
		);
	});

	it("send a batch on when its time is over, full or not; and group what a route takes, beside it", async () => {
		await write("runs/S1_repA.csv", "runs/S1_repB.csv", "runs/control.csv");
		const batches = await resultsOf("hourly", 3);
		expect(batches.flatMap(keysOf).sort()).toEqual(["S1_repA.csv", "S1_repB.csv", "control.csv"]);
		const [group] = await resultsOf("replicates", 2);
		expect(group?.acquisition.key).toBe("replicates: S1");
		expect(keysOf(group)).toEqual(["S1_repA.csv", "S1_repB.csv"]);
		expect(measured(group, "files")).toBe(2);
		await whyComesToSay("runs/control.csv", "replicates: the route _rep does not take it");
	});
});
