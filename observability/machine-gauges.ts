import { X509Certificate } from "node:crypto";
import type { StatsFs } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { kept } from "./kept.ts";
import type { Metrics } from "./metrics.ts";
import { soon } from "./soon.ts";
import { firstToEnd, type Validity, validityOf } from "./validity.ts";

const disksEveryMs = 10_000;

export interface Machine {
	/** Where the state is: without it nothing works. */
	readonly data: string;
	/** Directories that may be of other machines, by source. */
	readonly sources: ReadonlyMap<string, string | Buffer>;
	/** Files with certificates in PEM, by the service that they are for. */
	readonly certificates: ReadonlyMap<string, string>;
	/** How long those are good that services show to us, by service. */
	readonly peers: ReadonlyMap<string, () => Promise<Validity | undefined>>;
}

/** How full disks are, and until when certificates are good. */
export function sampleMachine(metrics: Metrics, machine: Machine, ask = statfs): void {
	const { data, sources, certificates, peers } = machine;
	const { diskFree, diskSize, certificateEnd, certificateLifetime, sample } = metrics;
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
	const looks = [...certificates].map(([service, file]) => {
		// Once: from its start on the process works with what the file had then.
		const read = kept(
			async () => validityIn(await readFile(file, "utf8")),
			() => Number.POSITIVE_INFINITY,
		);
		void soon(read());
		return { service, read };
	});
	for (const [service, read] of peers) looks.push({ service: `${service} server`, read });
	sample({
		gauges: [certificateEnd, certificateLifetime],
		async take() {
			const seen = await Promise.all(looks.map(async ({ service, read }) => ({ service, seen: await soon(read()) })));
			certificateEnd.reset();
			certificateLifetime.reset();
			for (const { service, seen: validity } of seen) {
				if (validity === undefined) continue;
				certificateEnd.set({ service }, validity.end / 1000);
				certificateLifetime.set({ service }, (validity.end - validity.start) / 1000);
			}
		},
	});
}

/** Of all certificates of a file that which ends first: a chain is as good as its weakest part. */
function validityIn(pem: string): Validity | undefined {
	const parts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
	return firstToEnd(
		parts.map((part) => {
			const { validFrom, validTo } = new X509Certificate(part);
			return validityOf(validFrom, validTo);
		}),
	);
}
