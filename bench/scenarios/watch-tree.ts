import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../figure.ts";
import { type Bench, isolated, median } from "../harness.ts";
import type { Ready, WatchInput } from "./watch-tree/ready.ts";

const ours = new URL("./watch-tree/our-source.ts", import.meta.url);
const watches = new URL("./watch-tree/our-watches.ts", import.meta.url);
const chokidar = new URL("../peers/chokidar-tree.ts", import.meta.url);

const peer = "chokidar 6, stock";
const megabyte = 1024 * 1024;

/**
 * How soon and how large a process is when a tree is watched. Ours counts until every directory is watched and every
 * file is in the ledger, on disk; the peer until its `ready`, which keeps its files in memory. The figures that chose
 * the watcher (one fs.watch a directory, or chokidar holding directories alone) are taken in the same run.
 */
export const bench: Bench = {
	id: "P4",
	title: "A tree of 100,000 files in 1,000 directories: time and memory until it is watched; 1,000,000 files",
	async run({ quick, directory, say }) {
		const [directories, rounds, large] = quick ? [100, 1, 100] : [1_000, 3, 10_000];
		const root = join(directory, "tree");
		makeTree(root, directories);
		const samples = new Map<string, Ready[]>();
		for (let round = 0; round < rounds; round++) {
			const ledger = join(directory, `ledger-${round}.db`);
			for (const [name, script, input] of [
				["ours", ours, { root, ledger }],
				["again", ours, { root, ledger }],
				["watches", watches, { root }],
				["stock", chokidar, { root }],
				["directories", chokidar, { root, directoriesOnly: true }],
			] as const satisfies readonly (readonly [string, URL, WatchInput])[]) {
				const ready = await isolated<Ready>(script, input);
				say(
					`${name}: ${ready.seconds.toFixed(2)} s, CPU ${ready.cpuSeconds.toFixed(2)} s, +${Math.round(ready.grownBytes / megabyte)} MB`,
				);
				samples.set(name, [...(samples.get(name) ?? []), ready]);
			}
		}
		rmSync(root, { recursive: true });
		makeTree(root, large);
		const many = await isolated<Ready>(ours, { root, ledger: join(directory, "ledger-many.db") });
		say(`${large * filesEach} files: ${many.seconds.toFixed(1)} s, ${Math.round(many.residentBytes / megabyte)} MB`);

		const tree = `${(directories * filesEach).toLocaleString("en-US")} files`;
		const compared = (measure: "seconds" | "cpuSeconds" | "grownBytes") => {
			const scale = measure === "grownBytes" ? megabyte : 1;
			const of = (name: string) => median((samples.get(name) ?? []).map((sample) => sample[measure])) / scale;
			return (what: string, name: string, peerName: string, against: string, goal?: Finding["goal"]): Finding => ({
				what: `${tree}, ${what}`,
				value: of(name),
				unit: measure === "grownBytes" ? "MB" : "s",
				better: "lower",
				peer: { name: peerName, value: of(against) },
				...(goal ? { goal } : {}),
			});
		};
		const [time, cpu, memory] = [compared("seconds"), compared("cpuSeconds"), compared("grownBytes")];
		return [
			time("first start: watched, and every file in the ledger", "ours", peer, "stock", { ratio: 5 }),
			cpu("first start, processor time", "ours", peer, "stock"),
			time("start with a ledger that knows them", "again", peer, "stock"),
			cpu("start with a ledger that knows them, processor time", "again", peer, "stock"),
			time("watches alone: one fs.watch a directory", "watches", "chokidar 6, directories only", "directories"),
			time("watches alone, against all of chokidar", "watches", peer, "stock"),
			memory("memory on top of the bare process", "ours", peer, "stock", { ratio: 10 }),
			memory("memory of the watches alone", "watches", "chokidar 6, directories only", "directories"),
			{
				what: `${(large * filesEach).toLocaleString("en-US")} files in ${large.toLocaleString("en-US")} directories, the whole process`,
				value: many.residentBytes / megabyte,
				unit: "MB",
				better: "lower",
				goal: { value: 300 },
			},
		];
	},
};

const filesEach = 100;

function makeTree(root: string, directories: number): void {
	for (let d = 0; d < directories; d++) {
		const directory = join(root, `run-${d}`);
		mkdirSync(directory, { recursive: true });
		for (let f = 0; f < filesEach; f++) writeFileSync(join(directory, `plate-${f}.csv`), "");
	}
}
