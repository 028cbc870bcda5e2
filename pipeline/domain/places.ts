import { join } from "node:path";

/** Where the embedded adapters keep what they know, below the data directory. */
export function placesIn(data: string) {
	return {
		ledger: join(data, "ledger.db"),
		catalog: join(data, "catalog.db"),
		log: join(data, "log.db"),
		queue: join(data, "queue.db"),
		objects: join(data, "objects"),
		/** A name that no other data directory has. */
		identity: join(data, "identity"),
		/** Copies of analyses that are no longer what is on disk. */
		analyses: join(data, "analyses"),
		/** One directory a run, `<job>-<token>`; nothing in here outlives the process. */
		runs: join(data, "runs"),
		/** Pipes of the R pools; nothing in here outlives the process. */
		pools: join(data, "pools"),
	};
}

/** The name of the log of settled acquisitions, and of its consumer in the catalog. */
export const filesLog = "watchrabbit.files";
