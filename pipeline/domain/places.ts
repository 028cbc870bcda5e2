import { join } from "node:path";

/** Where the embedded adapters keep what they know, below the data directory. */
export function placesIn(data: string) {
	return {
		ledger: join(data, "ledger.db"),
		catalog: join(data, "catalog.db"),
		log: join(data, "log.db"),
		queue: join(data, "queue.db"),
		objects: join(data, "objects"),
		/** By which private keys in the catalog are encrypted, where no configuration says another. */
		accessSecret: join(data, "access.secret"),
		/** A directory for each process that shares its state through services. */
		processes: join(data, "processes"),
		/** What others watch us by. */
		observe: join(data, "observe"),
	};
}

/** What a process has for itself: in the data directory where it is alone in it, else in one of `processes`. */
export function workplaceIn(directory: string) {
	return {
		/** A name that no other has. */
		identity: join(directory, "identity"),
		/** Copies of analyses that are no longer what is on disk. */
		analyses: join(directory, "analyses"),
		/** Copies of archived inputs; nothing in here outlives the process. */
		inputs: join(directory, "inputs"),
		/** One directory a run, `<job>-<token>`; nothing in here outlives the process. */
		runs: join(directory, "runs"),
		/** Pipes of the R pools; nothing in here outlives the process. */
		pools: join(directory, "pools"),
	};
}

/** The name of the log of settled acquisitions, and of its consumer in the catalog. */
export const filesLog = "watchrabbit.files";
