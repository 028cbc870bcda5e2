import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import type { WatchRabbitError } from "#core/errors.ts";

export interface Content {
	readonly size: number;
	/** 64 hex digits; undefined: nobody knows, and the size is all that is held against it. */
	readonly sha256: string | undefined;
}

/** Passes bytes on; at their end, it fails unless they were the expected ones. */
export class DigestCheck extends Transform {
	readonly #expected: Content;
	readonly #differs: (says: string) => WatchRabbitError;
	readonly #hash = createHash("sha256");
	#size = 0;

	constructor(expected: Content, differs: (says: string) => WatchRabbitError) {
		super();
		this.#expected = expected;
		this.#differs = differs;
	}

	override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
		this.#size += chunk.length;
		this.#hash.update(chunk);
		done(null, chunk);
	}

	override _flush(done: TransformCallback): void {
		const difference = this.#difference();
		done(difference === undefined ? null : this.#differs(difference));
	}

	#difference(): string | undefined {
		const { size, sha256 } = this.#expected;
		if (this.#size !== size) return `${this.#size} bytes instead of ${size}`;
		const digest = this.#hash.digest("hex");
		return sha256 === undefined || digest === sha256 ? undefined : `its SHA-256 is ${digest} instead of ${sha256}`;
	}
}
