import { appendFile, copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { plateExport } from "./plate-export.ts";

const pieceMs = 120;
const plateMs = 250;

export interface Play {
	/** Below the watched directory. */
	readonly file: string;
	/** How it comes, in two or three words. */
	readonly how: string;
	/** What is unusual about it. */
	readonly story?: string;
	readonly write: (file: string, directory: string) => Promise<void>;
}

/** Everything that the demo's instruments will write, in order. */
export const plays: readonly Play[] = [
	...Array.from({ length: 11 }, (_, i) => run(i + 1)),
	{
		file: "reader-a/run-03 copy.csv",
		how: "a copy of run 3",
		story: "a copy of run 3, saved again by somebody",
		write: async (file, directory) => await copyFile(join(directory, fileOf(3)), file),
	},
	{
		file: "reader-b/run-12.csv",
		how: "too dark to read",
		story: "a plate that was too dark to read",
		write: async (file) => await writeThenRename(file, plateExport(11, { overflowFrom: 13 })),
	},
	{
		file: "reader-a/run-13.csv",
		how: "never finished",
		story: "an export that the reader never finishes",
		write: async (file) => await writeInPieces(file, plateExport(10).slice(0, 3)),
	},
];

function run(number: number): Play {
	const pieces = plateExport(number);
	return number % 2 === 1
		? { file: fileOf(number), how: "in pieces", write: (file) => writeInPieces(file, pieces) }
		: { file: fileOf(number), how: "by renaming", write: (file) => writeThenRename(file, pieces) };
}

function fileOf(number: number): string {
	return `reader-${number % 2 === 1 ? "a" : "b"}/run-${String(number).padStart(2, "0")}.csv`;
}

/** Plays two plate readers into `directory`, slowly, and tells before each file. Rejects only if the disk does. */
export async function playInstruments(
	directory: string,
	ending: AbortSignal,
	begins: (play: Play) => void,
): Promise<void> {
	await mkdir(join(directory, "reader-a"), { recursive: true });
	await mkdir(join(directory, "reader-b"), { recursive: true });
	for (const play of plays) {
		if (ending.aborted) return;
		begins(play);
		await play.write(join(directory, play.file), directory);
		await pause(plateMs);
	}
}

async function writeInPieces(file: string, pieces: readonly string[]): Promise<void> {
	for (const piece of pieces) {
		await appendFile(file, piece);
		await pause(pieceMs);
	}
}

async function writeThenRename(file: string, pieces: readonly string[]): Promise<void> {
	await writeInPieces(`${file}.part`, pieces);
	await rename(`${file}.part`, file);
}
