import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { Content } from "#connectors/file/content.ts";
import { probe } from "#connectors/file/probe.ts";
import { describeWithSharedData, instrumentFile, instrumentFiles, sharedData } from "#test/support/shared-data.ts";

const structured = /\.(gz|zip|xlsx|rdml|mzml|mzxml|imzml|fast5|json|xml)$/i;

function structuredFiles(): string[] {
	return [...instrumentFiles()].filter((path) => structured.test(path)).map((path) => instrumentFile(path));
}

async function missingIn(file: string, size: number): Promise<string | undefined> {
	const fd = openSync(file, "r");
	try {
		return await probe("auto", file, new Content(fd, size), () => false);
	} finally {
		closeSync(fd);
	}
}

describeWithSharedData("probe: auto, over every structured file of the instruments", () => {
	it("finds each of them whole", async () => {
		const broken: string[] = [];
		for (const file of structuredFiles()) {
			const missing = await missingIn(file, statSync(file).size);
			if (missing !== undefined) broken.push(`${file.slice(sharedData.length + 1)}: ${missing}`);
		}
		expect(broken).toEqual([]);
	});

	it("finds none of them whole when its last third is missing", async () => {
		const recognised = structuredFiles().filter((file) => isStructured(readFileSync(file)));
		expect(recognised.length).toBeGreaterThan(100);
		const believed: string[] = [];
		for (const file of recognised) {
			const size = Math.floor((statSync(file).size * 2) / 3);
			if ((await missingIn(file, size)) === undefined) believed.push(file);
		}
		expect(believed).toEqual([]);
	});
});

/** gzip, zip, HDF5, XML with and without a byte order mark. */
const beginnings = ["1f8b", "504b0304", "89484446", "3c3f786d6c", "efbbbf3c3f786d6c"];

function isStructured(content: Buffer): boolean {
	const beginning = content.toString("hex", 0, 8);
	return beginnings.some((known) => beginning.startsWith(known));
}
