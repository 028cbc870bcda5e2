import { X509Certificate } from "node:crypto";
import { readFile, statfs } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { kept } from "./kept.ts";
import type { Metrics } from "./metrics.ts";

/** A file system that hangs costs its own series. */
const patienceMs = 1_000;
const disksEveryMs = 10_000;
const certificatesEveryMs = 3_600_000;

export interface Machine {
	/** Directories by what they are called: "data", or a source. */
	readonly places: ReadonlyMap<string, string | Buffer>;
	/** Files with certificates in PEM, by the service that they are for. */
	readonly certificates: ReadonlyMap<string, string>;
}

/** How full disks are, and until when certificates are good. */
export function sampleMachine(metrics: Metrics, { places, certificates }: Machine): void {
	const { diskFree, diskSize, certificateEnd, sample } = metrics;
	const disks = [...places].map(([place, directory]) => {
		const look = kept(
			() => statfs(directory),
			() => disksEveryMs,
		);
		return { place, look };
	});
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

/** Undefined: it cannot be told, or not soon enough. */
async function soon<T>(answer: Promise<T>): Promise<T | undefined> {
	const over = new AbortController();
	const late = pause(patienceMs, undefined, { signal: over.signal });
	try {
		return await Promise.race([answer, late]);
	} catch {
		return undefined;
	} finally {
		over.abort();
		late.catch(() => {});
	}
}
