/**
 * Tells the worker's own words from what the script prints, both of which come through one pipe, in order. A frame is
 * U+001E, the nonce, a space, its kind, a space, its text, a newline; the nonce is random and new for each process.
 */
export class FrameSplitter {
	readonly #marker: Buffer;
	readonly #onPrinted: (bytes: Buffer) => void;
	readonly #onFrame: (kind: string, text: string) => void;
	/** Bytes that may be the beginning of a frame. */
	#held: Buffer = Buffer.alloc(0);

	constructor(nonce: string, onPrinted: (bytes: Buffer) => void, onFrame: (kind: string, text: string) => void) {
		this.#marker = Buffer.from(`\x1e${nonce} `);
		this.#onPrinted = onPrinted;
		this.#onFrame = onFrame;
	}

	push(chunk: Buffer): void {
		let bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
		for (let at = bytes.indexOf(this.#marker); at >= 0; at = bytes.indexOf(this.#marker)) {
			const end = bytes.indexOf(0x0a, at);
			this.#print(bytes.subarray(0, at));
			if (end < 0) {
				this.#held = bytes.subarray(at);
				return;
			}
			const [kind = "", ...words] = bytes.toString("utf8", at + this.#marker.length, end).split(" ");
			bytes = bytes.subarray(end + 1);
			this.#onFrame(kind, words.join(" "));
		}
		const safe = bytes.length - this.#beginningOfMarkerAtEnd(bytes);
		this.#print(bytes.subarray(0, safe));
		this.#held = bytes.subarray(safe);
	}

	#print(bytes: Buffer): void {
		if (bytes.length > 0) this.#onPrinted(bytes);
	}

	#beginningOfMarkerAtEnd(bytes: Buffer): number {
		const at = bytes.lastIndexOf(0x1e);
		if (at < 0) return 0;
		const end = bytes.subarray(at);
		return end.length < this.#marker.length && this.#marker.subarray(0, end.length).equals(end) ? end.length : 0;
	}
}
