import { lstat, readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const lookEveryMs = 500;
/** In which stat counts. */
const blockBytes = 512;
const slash = Buffer.from("/");

/** Calls `exceeded` once when a directory takes at least so many bytes, until `stop`. */
export class DiskWatch {
	readonly #ended = new AbortController();

	constructor(directory: string, limitBytes: number, exceeded: () => void) {
		const { signal } = this.#ended;
		const watch = async () => {
			while (!signal.aborted) {
				await sleep(lookEveryMs, undefined, { signal, ref: false });
				if ((await bytesBelow(directory)) >= limitBytes) return signal.aborted || exceeded();
			}
		};
		watch().catch(() => {}); // stopped
	}

	stop(): void {
		this.#ended.abort();
	}
}

/** What all files below it take of the disk, bytes; holes take none. What goes meanwhile does not count. */
export async function bytesBelow(directory: string | Buffer): Promise<number> {
	const entries = await readdir(directory, { withFileTypes: true, encoding: "buffer" }).catch(() => []);
	let bytes = 0;
	for (const entry of entries) {
		const path = Buffer.concat([Buffer.from(directory), slash, entry.name]);
		if (entry.isDirectory()) bytes += await bytesBelow(path);
		else bytes += blockBytes * ((await lstat(path).catch(() => undefined))?.blocks ?? 0);
	}
	return bytes;
}
