import { appendFile, open, rename, utimes } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLab, type ListedResult, listed, measured, pause } from "#test/support/lab.ts";
import type { Product, Running } from "#test/support/product.ts";

let lab: Product;
let up: Running;
let address: string;

const quietMs = 300;

beforeEach(async () => {
	lab = await createLab();
});

afterEach(async () => {
	const ended = await up.stop();
	const { code, stdout } = await lab.run("verify");
	await lab.remove();
	expect(stdout).toContain("unaccounted: 0");
	expect(code).toBe(0);
	expect(ended.code).toBe(0);
});

async function start(): Promise<void> {
	up = lab.start("up");
	address = await up.address();
}

/** The result that is current for a file, once it measures so many bytes. */
async function currentResult(key: string, bytes: number): Promise<readonly ListedResult[]> {
	return await listed<ListedResult>(address, "results", (results) =>
		results.some(
			(result) => result.acquisition.key === key && result.state === "current" && measured(result, "bytes") === bytes,
		),
	);
}

describe("an instrument's final result is that of the whole file when it", () => {
	it("writes two halves with a pause in one open file", async () => {
		await start();
		const file = await open(lab.path("data/run.csv"), "w");
		await file.write("first half\n");
		await pause(quietMs / 2);
		await file.write("second half\n");
		await file.close();
		const results = await currentResult("run.csv", 23);
		expect(results.map(({ state }) => state)).toEqual(["current"]);
	});

	it("closes the file half-way and appends to it later", async () => {
		await start();
		await lab.write("data/run.csv", "first half\n");
		await pause(quietMs / 2);
		await appendFile(lab.path("data/run.csv"), "second half\n");
		const results = await currentResult("run.csv", 23);
		expect(results.map(({ state }) => state)).toEqual(["current"]);
	});

	it("stalls for longer than the quiet time and then goes on: the half is superseded and stays to be seen", async () => {
		await start();
		const file = await open(lab.path("data/run.csv"), "w");
		await file.write("first half\n");
		await currentResult("run.csv", 11);
		await file.write("second half\n");
		await file.close();
		const results = await currentResult("run.csv", 23);
		expect(results.map((result) => [measured(result, "bytes"), result.state])).toEqual([
			[23, "current"],
			[11, "superseded"],
		]);
	});

	it("grows while the product starts", async () => {
		const file = await open(lab.path("data/run.csv"), "w");
		await file.write("a line\n");
		const starting = start();
		for (let i = 0; i < 20; i++) {
			await file.write("a line\n");
			await pause(quietMs / 3);
		}
		await file.close();
		await starting;
		const results = await currentResult("run.csv", 21 * 7);
		expect(results.filter(({ state }) => state === "current")).toHaveLength(1);
	});

	it("is copied in with an old date", async () => {
		await start();
		await lab.write("data/run.csv.copying", "from another disk\n");
		await utimes(lab.path("data/run.csv.copying"), new Date("1999-01-01"), new Date("1999-01-01"));
		await rename(lab.path("data/run.csv.copying"), lab.path("data/run.csv"));
		const results = await currentResult("run.csv", 18);
		expect(results.map(({ acquisition }) => acquisition.key)).toContain("run.csv");
	});

	it("changes a file after it was analysed: a new version, and both stay to be seen", async () => {
		await start();
		await lab.write("data/run.csv", "version 1\n");
		await currentResult("run.csv", 10);
		await lab.write("data/run.csv", "version two\n");
		const results = await currentResult("run.csv", 12);
		expect(results.map((result) => [measured(result, "bytes"), result.state])).toEqual([
			[12, "current"],
			[10, "superseded"],
		]);
	});
});
