/** Whom a hop has to do with outside of this process. */
export type HopNeighbour = "log" | "queue" | "catalog" | "objects";

interface Declaration {
	/** For people: dashboards and the page of metrics. */
	readonly words: string;
	/** As OpenTelemetry has it: who sends, who takes, who answers. */
	readonly kind: "internal" | "producer" | "consumer" | "server" | "client";
	readonly neighbour?: HopNeighbour;
	/** The last of its trace in a process: what was held of an unsampled one goes when it ended well. */
	readonly isLast?: true;
}

function declare<Name extends string>(hops: Readonly<Record<Name, Declaration>>): Readonly<Record<Name, Declaration>> {
	return hops;
}

/**
 * The steps on the way of an acquisition, in their order: each is a span of its trace, and a series of
 * `watchrabbit_hop_seconds`. Below which other one each of them is:
 *
 *     acquire                        gather (of a group or batch; linked to its members)
 *     +- settle                      +- intake ...
 *     +- hash, archive
 *     +- publish
 *        +- log wait, stage ...
 *        +- intake
 *           +- queue wait, claim, cache fill
 *           +- attempt
 *              +- fetch, r start, upload, manifest, commit
 *              +- run
 *                 +- r prepare, r evaluate, r outputs
 *     request
 */
export const hops = declare({
	acquire: { words: "From the first change that was noticed until it is published", kind: "internal", isLast: true },
	settle: { words: "Until it is found complete, with what it waited for", kind: "internal" },
	hash: { words: "Reading and hashing its files", kind: "internal" },
	archive: {
		words: "Keeping its files in the object store, and reading them back",
		kind: "client",
		neighbour: "objects",
	},
	publish: { words: "Until the event log has it", kind: "producer", neighbour: "log" },
	gather: {
		words: "From the first member of a group or batch until it goes on as one",
		kind: "internal",
		isLast: true,
	},
	"log wait": { words: "In the event log, until it was read", kind: "internal", neighbour: "log" },
	stage: { words: "In one stage of the graph", kind: "internal" },
	intake: {
		words: "The transaction that makes its jobs",
		kind: "consumer",
		neighbour: "catalog",
		isLast: true,
	},
	"queue wait": { words: "A job waits for a worker", kind: "internal", neighbour: "queue" },
	claim: { words: "A worker takes the job under a token", kind: "client", neighbour: "catalog" },
	attempt: { words: "One attempt at a job, until it is committed or has failed", kind: "consumer", isLast: true },
	fetch: { words: "Reaching its inputs and its analysis", kind: "internal" },
	"r start": { words: "Waiting for an R that is free, or for one to start", kind: "internal" },
	run: { words: "In R", kind: "internal" },
	"r prepare": { words: "R gets ready for the run", kind: "internal" },
	"r evaluate": { words: "R runs the lab's code", kind: "internal" },
	"r outputs": { words: "R writes what came of it", kind: "internal" },
	upload: { words: "Storing artifacts and log", kind: "client", neighbour: "objects" },
	manifest: { words: "Storing the manifest", kind: "client", neighbour: "objects" },
	commit: { words: "Committing the result", kind: "client", neighbour: "catalog" },
	"cache fill": { words: "An answer is read and put into the cache", kind: "internal" },
	request: { words: "An answer of the API", kind: "server", isLast: true },
});

export type HopName = keyof typeof hops;
