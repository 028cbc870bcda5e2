import { readSync } from "node:fs";

/** An open file's bytes, read where they are asked for. */
export class Content {
	readonly size: number;
	readonly #fd: number;

	constructor(fd: number, size: number) {
		this.#fd = fd;
		this.size = size;
	}

	/** Up to `length` bytes from `position`: fewer only at the end of the file. */
	read(position: number, length: number): Buffer {
		const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - position)));
		return buffer.subarray(0, this.readInto(buffer, position));
	}

	readInto(buffer: Buffer, position: number): number {
		let filled = 0;
		while (filled < buffer.length) {
			const read = readSync(this.#fd, buffer, filled, buffer.length - filled, position + filled);
			if (read === 0) break;
			filled += read;
		}
		return filled;
	}

	head(length: number): Buffer {
		return this.read(0, length);
	}

	tail(length: number): Buffer {
		return this.read(Math.max(0, this.size - length), length);
	}

	*chunks(length: number): Generator<Buffer> {
		for (let position = 0; position < this.size; position += length) {
			const chunk = this.read(position, length);
			if (chunk.length === 0) return;
			yield chunk;
		}
	}
}
