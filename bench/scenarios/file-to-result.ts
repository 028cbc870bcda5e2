import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { executable, installPackages } from "../../deploy/dev/packages.ts";
import type { Finding } from "../figure.ts";
import { type Bench, type BenchContext, compare } from "../harness.ts";
import { chokidarBullmq } from "../peers/chokidar-bullmq.ts";
import { inotifywaitXargs } from "../peers/inotifywait-xargs.ts";
import type { Peer } from "../peers/peer.ts";
import { createLab, dropFile } from "../product.ts";
import { ourRate, told } from "./file-to-result/our-rate.ts";

const quietMs = 200;

/**
 * Small files are dropped into a watched folder as fast as they can be written; each is analysed by the same trivial R
 * script. The rate counts from the first file to the last result: for us the committed one. A peer gets fewer files,
 * because it is slow and its rate does not depend on how many there are.
 */
export const bench: Bench = {
	id: "P7",
	title: "2,000 small files, trivial analysis in R, from file to committed result",
	async run(context) {
		const { ours, peers, rounds } = context.quick
			? { ours: 500, peers: 40, rounds: 1 }
			: { ours: 2_000, peers: 150, rounds: 3 };
		let round = 0;
		const fresh = () => join(context.directory, String(round++));
		const present = [inotifywaitXargs, chokidarBullmq].filter((peer) => isPresent(peer, context));
		const rates = await compare(
			{
				ours: () => ourRate(createLab(fresh(), quietMs), ours, context),
				...Object.fromEntries(present.map((peer) => [peer.name, () => peerRate(peer, fresh(), peers, context)])),
			},
			{ warmUps: 0, rounds },
		);
		const byName: Readonly<Record<string, number>> = rates;
		const finding = (peer: Peer, goal: NonNullable<Finding["goal"]>): Finding => ({
			what: `${ours} small files on 2 workers, file to committed result (peer: ${peers} files)`,
			value: rates.ours,
			unit: "files/s",
			better: "higher",
			peer: { name: peer.name, value: byName[peer.name] },
			goal,
		});
		return [finding(inotifywaitXargs, { value: 150, ratio: 12 }), finding(chokidarBullmq, { value: 150 })];
	},
};

async function peerRate(peer: Peer, directory: string, files: number, { say }: BenchContext): Promise<number> {
	const [watched, results, scratch] = ["data", "results", "scratch"].map((name) => join(directory, name)) as [
		string,
		string,
		string,
	];
	for (const folder of [watched, results, scratch]) mkdirSync(folder, { recursive: true });
	const { analysis } = createLab(directory, quietMs);
	const running = await peer.start({ watched, results, analysis, scratch });
	try {
		dropFile(watched, "warm-up");
		while (readdirSync(results).length < 1) await pause(20);
		const startedAt = performance.now();
		for (let i = 0; i < files; i++) dropFile(watched, `plate-${i}`);
		while (readdirSync(results).length < files + 1) await pause(20);
		return told(say, peer.name, files, (performance.now() - startedAt) / 1000);
	} finally {
		await running.stop();
	}
}

function isPresent(peer: Peer, { say }: BenchContext): boolean {
	const lacking = () =>
		Object.entries(peer.needs).filter(([program]) => executable(program, process.env) === undefined);
	const packages = lacking().map(([, name]) => name);
	if (packages.length > 0) installPackages(packages, process.env, say);
	for (const [program, name] of lacking())
		say(`${peer.name} is left out: ${program} is missing (apt-get install ${name})`);
	return lacking().length === 0;
}
