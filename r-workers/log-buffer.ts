const headBytes = 64 * 1024;
const tailBytes = 192 * 1024;

/** What a run prints, in bounded memory: its beginning, its end, and how much there was between them. */
export class LogBuffer {
	readonly #head: Buffer[] = [];
	readonly #tail: Buffer[] = [];
	#headLength = 0;
	#tailLength = 0;
	#total = 0;

	/** Bytes printed so far, kept or not. */
	get totalBytes(): number {
		return this.#total;
	}

	push(chunk: Buffer): void {
		this.#total += chunk.length;
		const room = headBytes - this.#headLength;
		if (room > 0) {
			this.#head.push(chunk.subarray(0, room));
			this.#headLength += Math.min(room, chunk.length);
		}
		if (chunk.length <= room) return;
		const rest = chunk.subarray(Math.max(0, room));
		this.#tail.push(rest);
		this.#tailLength += rest.length;
		while (this.#tailLength - (this.#tail[0]?.length ?? 0) >= tailBytes) {
			this.#tailLength -= this.#tail.shift()?.length ?? 0;
		}
	}

	/** Bytes that are no UTF-8 show as U+FFFD. */
	toString(): string {
		const head = Buffer.concat(this.#head);
		const tail = Buffer.concat(this.#tail).subarray(-tailBytes);
		if (this.#total === head.length + tail.length) return Buffer.concat([head, tail]).toString("utf8");
		const first = head.subarray(0, characterEnd(head));
		const last = tail.subarray(characterStart(tail));
		const left = this.#total - first.length - last.length;
		return `${first.toString("utf8")}\n[... ${left} bytes left out ...]\n${last.toString("utf8")}`;
	}
}

function characterStart(bytes: Buffer): number {
	let at = 0;
	while (at < 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
	return at;
}

/** Without the beginning of a character at the end whose other bytes were left out. */
function characterEnd(bytes: Buffer): number {
	for (let back = 1; back <= 3; back++) {
		const byte = bytes[bytes.length - back] ?? 0;
		if ((byte & 0xc0) === 0x80) continue;
		const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
		return length > back ? bytes.length - back : bytes.length;
	}
	return bytes.length;
}
