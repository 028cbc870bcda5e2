import type { PathString } from "#domain/path.ts";
import type { Envelope } from "../envelope.ts";
import type { WatchRabbitError } from "../errors.ts";
import type { Trace } from "../trace.ts";

/** A file that somebody told of, or sent. */
export interface IncomingFile {
	/** Relative to the source's directory, "/" between the parts; as it came, and not checked. */
	readonly path: PathString;
	/** The file itself; undefined: it lies there, or will. */
	readonly content: Uint8Array | undefined;
	/** When it was told of or sent: milliseconds since the epoch. */
	readonly sentAt: number;
	/** In which trace, where its message says so. */
	readonly origin: Trace | undefined;
	/** Of its message: the same whenever that is handed over. */
	readonly id: string;
	/** Its message as text, for who waits longer than it may be in hand. */
	readonly letter: () => string;
}

/** Messages about files, each of which is handed over again until it is resolved as delivered or rejected. */
export interface Source {
	/**
	 * Hands messages over until the signal aborts, so many at a time as it has credit. `delivered`: it does not come again;
	 * `retry`: it is handed over again, its place in the order kept; `rejected`: kept whole among the dead letters, with the
	 * cause. What is not resolved when the signal aborts comes again to the next who runs. Ends when everything is closed; a
	 * source that breaks down fails, and can be run again. `hears` is called once it is heard, before anything comes.
	 */
	run(take: (envelope: Envelope<IncomingFile>) => void, signal: AbortSignal, hears: () => void): Promise<void>;
	/** Keeps a message that was resolved, and whose file never came, among the dead letters. */
	bury(letter: string, cause: WatchRabbitError): Promise<void>;
	/** Whether all that is there now was resolved, by us or by who shares it. */
	idle(): Promise<boolean>;
}
