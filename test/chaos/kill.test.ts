import { cp, mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { leftovers, readManifests, walkDisk } from "#test/support/independent-walk.ts";
import { createLab, type ListedFile, type ListedResult, pause } from "#test/support/lab.ts";
import type { Product, Running } from "#test/support/product.ts";
import { seededRandom, shuffled } from "#test/support/seeded-random.ts";
import { describeWithSharedData, instrumentFile, instrumentFiles } from "#test/support/shared-data.ts";

const kills = Number(process.env.WATCHRABBIT_TEST_KILLS ?? 50);
const seed = Number(process.env.WATCHRABBIT_TEST_SEED ?? Date.now() % 1_000_000);

const longMs = 20 * 60_000;

describeWithSharedData(`every file that real instruments wrote (seed ${seed})`, () => {
	it(
		"ends accounted for exactly once, copied in random order with random pauses",
		async () => {
			const lab = await createInstrumentLab();
			const up = lab.start("up");
			await copyAll(lab, seededRandom(seed));
			await up.says(/at work/);
			await up.stop();
			await expectAllAccountedFor(lab);
		},
		longMs,
	);

	it(
		`ends accounted for exactly once when the process is killed -9 at ${kills} random moments`,
		async () => {
			const random = seededRandom(seed);
			const lab = await createInstrumentLab();
			const copying = copyAll(lab, random);
			for (let kill = 0; kill < kills; kill++) {
				const up = lab.start("up");
				// However long a start takes: some die in it, most at work.
				if (random() < 0.7) await up.says(/at work/);
				await pause(random() * 1_000);
				await killed(up);
			}
			await copying;
			await expectAllAccountedFor(lab);
		},
		longMs,
	);
});

async function killed(up: Running): Promise<void> {
	const { signal, stderr } = await up.stop("SIGKILL");
	expect(signal, stderr).toBe("SIGKILL");
}

async function createInstrumentLab(): Promise<Product> {
	return await createLab({
		source: `    include: ["**"]
    exclude: []
    complete: { quiet: 100ms }
    scanEvery: 2s`,
		pipeline: "    retry: { attempts: 50, backoff: 100ms }",
	});
}

/** Some files at once, some in two halves, some through a temporary name outside and a rename: as people copy. */
async function copyAll(lab: Product, random: () => number): Promise<void> {
	const files = shuffled([...instrumentFiles()], random);
	for (const file of files) {
		const to = lab.path("data", file);
		await mkdir(dirname(to), { recursive: true });
		if (random() < 0.5) await cp(instrumentFile(file), to);
		else {
			const aside = lab.path("aside");
			await cp(instrumentFile(file), aside);
			await rename(aside, to);
		}
		if (random() < 0.1) await pause(random() * 200);
	}
}

/** What is on disk, and what the program says, by two walks that share no code. */
async function expectAllAccountedFor(lab: Product): Promise<void> {
	const last = await lab.run("up", "--until-idle");
	expect([0, 1], last.stderr).toContain(last.code);
	const disk = new Map(walkDisk(lab.path("data")).files);
	// The lab's own, and the one file here that no instrument wrote: no pattern takes a name that begins with a dot.
	disk.delete(".keep");
	const listed = await lab.json<ListedFile>("list", "files", "--limit", "100000");
	const files = listed.filter(({ path }) => path !== ".keep");
	const results = await lab.json<ListedResult>("list", "results", "--limit", "100000");
	const manifests = readManifests(lab.path("state/objects"));

	expect(files.map(({ path }) => path).sort()).toEqual([...disk.keys()].sort());
	expect(files.filter(({ state }) => state !== "analysed")).toEqual([]);

	const contents = new Set(disk.values());
	const analysed = results.map(({ acquisition }) => acquisition.members[0]?.sha256 as string);
	expect(analysed.length, "no content is analysed twice").toBe(new Set(analysed).size);
	expect(new Set(analysed), "no content is missing").toEqual(contents);
	expect(
		manifests.map(({ result }) => result).sort(),
		"each result has its manifest, and no manifest is left over",
	).toEqual(results.map(({ id }) => id).sort());
	expect(leftovers(lab.path("state"))).toEqual([]);
	const verified = await lab.run("verify");
	expect(verified.stdout).toContain("unaccounted: 0");
	expect(verified.code).toBe(0);
	await lab.remove();
}
