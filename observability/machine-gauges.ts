import { X509Certificate } from "node:crypto";
import type { StatsFs } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { kept } from "./kept.ts";
import type { Metrics } from "./metrics.ts";
import { soon } from "./soon.ts";

const disksEveryMs = 10_000;
const certificatesEveryMs = 3_600_000;

export interface Machine {
	/** Where the state is: without it nothing works. */
	readonly data: string;
	/** Directories that may be of other machines, by source. */
	readonly sources: ReadonlyMap<string, string | Buffer>;
	/** Files with certificates in PEM, by the service that they are for. */
	readonly certificates: ReadonlyMap<string, string>;
	/** When those end that services show to us, by service: milliseconds since the epoch. */
	readonly peers: ReadonlyMap<string, () => Promise<number | undefined>>;
}

/** How full disks are, and until when certificates are good. */
export function sampleMachine(metrics: Metrics, machine: Machine, ask = statfs): void {
	const { data, sources, certificates, peers } = machine;
	const { diskFree, diskSize, certificateEnd, sample } = metrics;
	// A share that hangs holds one of Node's few threads for as long: the others wait for it, and not for a thread.
	let last: Promise<unknown> = Promise.resolve();
	const inTurn = (directory: string | Buffer) => {
		const answer = last.then(() => ask(directory));
		last = answer.catch(() => {});
		return answer;
	};
	const disk = (place: string, look: () => Promise<StatsFs>) => ({ place, look: kept(look, () => disksEveryMs) });
	const disks = [
		disk("data", () => ask(data)),
		...[...sources].map(([source, directory]) => disk(source, () => inTurn(directory))),
	];
	sample({
		gauges: [diskFree, diskSize],
		async take() {
			const seen = await Promise.all(disks.map(async ({ place, look }) => ({ place, disk: await soon(look()) })));
			diskFree.reset();
			diskSize.reset();
			for (const { place, disk } of seen) {
				if (disk === undefined) continue;
				diskFree.set({ place }, disk.bavail * disk.bsize);
				diskSize.set({ place }, disk.blocks * disk.bsize);
			}
		},
	});
	const ends = [...certificates].map(([service, file]) => {
		const read = kept(
			async () => endOf(await readFile(file, "utf8")),
			() => certificatesEveryMs,
		);
		return { service, read };
	});
	for (const [service, read] of peers) ends.push({ service: `${service} server`, read });
	sample({
		gauges: [certificateEnd],
		async take() {
			const known = await Promise.all(ends.map(async ({ service, read }) => ({ service, at: await soon(read()) })));
			certificateEnd.reset();
			for (const { service, at } of known) if (at !== undefined) certificateEnd.set({ service }, at / 1000);
		},
	});
}

/** Of all certificates of a file the end that comes first: a chain is as good as its weakest part. */
function endOf(pem: string): number | undefined {
	const parts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
	const ends = parts.map((part) => new X509Certificate(part).validToDate.getTime());
	return ends.length === 0 ? undefined : Math.min(...ends);
}
