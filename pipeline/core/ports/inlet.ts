import type { PathString } from "#domain/path.ts";
import type { Trace } from "../trace.ts";

/** What of a file there has to be before it is put there. */
export interface Terms {
	/** Nothing may be there. */
	readonly onlyNew: boolean;
	/** What is there may be replaced if it is this (SHA-256, hex), or `*` whatever it is. */
	readonly replacing: readonly string[] | "*" | undefined;
}

/** What the sender says its bytes are. */
export interface Promised {
	readonly sha256?: string;
	readonly sha512?: string;
	readonly bytes?: number;
}

export interface Received {
	readonly became: "created" | "unchanged" | "replaced";
	readonly bytes: number;
	readonly sha256: string;
}

/** A file that is to come in parts, and what all of it is. */
export interface NewUpload extends Promised {
	readonly path: PathString;
	readonly bytes: number;
	readonly terms: Terms;
}

export interface Upload {
	readonly id: string;
	readonly path: PathString;
	readonly bytes: number;
	/** So many are there, durably; never all of them: the last one counts once the file has its place. */
	readonly offset: number;
	/** Until then it can be gone on with; milliseconds since the epoch. */
	readonly expiresAt: number;
}

/**
 * The way into a source's directory for files that are not written there by an instrument: whole or not at all, and
 * durable when a call resolves. From then on they are files like all others.
 *
 * What it throws: SOURCE_UNREACHABLE, DISK_FULL (transient); PATH_NOT_TAKEN, PATH_THROUGH_LINK,
 * OBJECT_KEY, FILE_EXISTS, PRECONDITION_FAILED, DIGEST_MISMATCH, PAYLOAD_TOO_LARGE, BODY_INCOMPLETE (permanent).
 */
export interface Inlet {
	/** Whether this process watches the directory now. */
	isOurs(): boolean;
	receive(
		path: PathString,
		body: AsyncIterable<Uint8Array>,
		promised: Promised,
		terms: Terms,
		origin: Trace | undefined,
	): Promise<Received>;
	/** UPLOADS_TOO_MANY (transient) where too many have begun, and are not over. */
	begin(upload: NewUpload): Promise<Upload>;
	/** UPLOAD_UNKNOWN where there is none, or not any more. */
	upload(id: string): Promise<Upload>;
	/** From that offset; `received` once it is whole, and has its place. UPLOAD_UNKNOWN, UPLOAD_OFFSET, UPLOAD_BUSY. */
	append(
		id: string,
		offset: number,
		body: AsyncIterable<Uint8Array>,
		origin: Trace | undefined,
	): Promise<{ readonly offset: number; readonly received: Received | undefined }>;
	/** UPLOAD_UNKNOWN, UPLOAD_BUSY. */
	abandon(id: string): Promise<void>;
	/** Somebody wrote it there, or does: it is looked at now, and waited for. Resolves once that is not forgotten any more. */
	announce(path: PathString, origin: Trace | undefined): Promise<void>;
}
