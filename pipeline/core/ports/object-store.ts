import type { Readable } from "node:stream";

export interface StoredObject {
	readonly key: string;
	readonly size: number;
	/** Milliseconds since the epoch. */
	readonly modifiedAt: number;
}

/** Objects by key ("/"-separated). An object is there whole, or not at all. */
export interface ObjectStore {
	/**
	 * Stores a local file; durable when it resolves. Replaces what was there. With `sha256` (64 hex digits) only if that is
	 * what is in it.
	 * @throws WatchRabbitError FILE_CHANGED (transient)
	 */
	putFile(key: string, file: string, sha256?: string): Promise<void>;
	put(key: string, body: Uint8Array | string): Promise<void>;
	/** False, and nothing is written, if the key exists. */
	putIfAbsent(key: string, body: Uint8Array | string): Promise<boolean>;
	/** @throws WatchRabbitError OBJECT_MISSING (permanent) */
	get(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
	head(key: string): Promise<StoredObject | undefined>;
	list(prefix: string): AsyncIterable<StoredObject>;
	/** Removing what is not there is no error. */
	remove(keys: readonly string[]): Promise<void>;
	close(): Promise<void>;
}
