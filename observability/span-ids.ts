import { randomFillSync } from "node:crypto";

const idBytes = 8;

/** Random ids of spans, drawn from the system many at a time: a call for each would cost more than all else of a span. */
export class SpanIds {
	readonly #random = Buffer.alloc(idBytes * 512);
	#at = this.#random.length;

	/** 16 hex digits. */
	next(): string {
		if (this.#at === this.#random.length) {
			randomFillSync(this.#random);
			this.#at = 0;
		}
		const id = this.#random.toString("hex", this.#at, this.#at + idBytes);
		this.#at += idBytes;
		return id;
	}
}
