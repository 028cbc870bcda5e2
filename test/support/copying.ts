import { mkdir, open, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { shuffled } from "./seeded-random.ts";

/** Relative paths of every file below a directory. */
export async function filesBelow(directory: string): Promise<string[]> {
	const entries = await readdir(directory, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
		.sort();
}

export interface Copying {
	readonly random: () => number;
	/** Between two files. */
	readonly pauseMs?: number;
	/** Left out, or asked for alone. */
	readonly only?: (path: string) => boolean;
}

/** Copies a directory as a slow instrument writes it: in random order, each file in two pieces. Gives what it wrote, in order. */
export async function copySlowly(from: string, to: string, { random, pauseMs = 0, only }: Copying): Promise<string[]> {
	const files = shuffled((await filesBelow(from)).filter(only ?? (() => true)), random);
	for (const file of files) {
		await writeInPieces(join(to, file), await readFile(join(from, file)));
		await pause(pauseMs);
	}
	return files;
}

async function writeInPieces(to: string, content: Buffer): Promise<void> {
	await mkdir(dirname(to), { recursive: true });
	const file = await open(to, "w");
	const half = Math.floor(content.length / 2);
	await file.write(content.subarray(0, half));
	await pause(1);
	await file.write(content.subarray(half));
	await file.close();
}
