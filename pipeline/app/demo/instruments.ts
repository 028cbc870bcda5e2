import { appendFile, copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { plateExport } from "./plate-export.ts";

const pieceMs = 120;
const plateMs = 250;

export interface Play {
	/** Below the watched directory. */
	readonly file: string;
	readonly what: string;
}

/** Everything that the demo's instruments will write, in order. */
export const plays: readonly Play[] = [
	...Array.from({ length: 11 }, (_, i) => ({
		file: fileOf(i + 1),
		what: i % 2 === 0 ? "written in pieces" : "written under a temporary name, then renamed",
	})),
	{ file: "reader-a/run-03 copy.csv", what: "a copy of run 3, saved again by somebody" },
	{ file: "reader-b/run-12.csv", what: "a plate that was too dark to read" },
	{ file: "reader-a/run-13.csv", what: "an export that the reader never finishes" },
];

function fileOf(run: number): string {
	return `reader-${run % 2 === 1 ? "a" : "b"}/run-${String(run).padStart(2, "0")}.csv`;
}

/** Plays two plate readers into `directory`, slowly. Rejects only if the disk does. */
export async function playInstruments(directory: string, signal: AbortSignal): Promise<void> {
	await mkdir(join(directory, "reader-a"), { recursive: true });
	await mkdir(join(directory, "reader-b"), { recursive: true });
	for (let run = 1; run <= 11 && !signal.aborted; run++) {
		const file = join(directory, fileOf(run));
		if (run % 2 === 1) await writeInPieces(file, plateExport(run));
		else await writeThenRename(file, plateExport(run));
		await pause(plateMs);
	}
	if (signal.aborted) return;
	await copyFile(join(directory, fileOf(3)), join(directory, "reader-a/run-03 copy.csv"));
	await writeThenRename(join(directory, "reader-b/run-12.csv"), plateExport(11, { overflowFrom: 13 }));
	await writeInPieces(join(directory, "reader-a/run-13.csv"), plateExport(10).slice(0, 3));
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
