import type { LabEvent } from "#domain/lab-events.ts";

/** An event as it leaves for all clients: written once for all that follow in one way. */
export class LiveEvent {
	readonly of: LabEvent;
	#data: string | undefined;
	#frame: string | undefined;
	#message: string | undefined;

	constructor(of: LabEvent) {
		this.of = of;
	}

	/** Of Server-Sent Events. */
	get frame(): string {
		this.#frame ??= frameOf(this.of.kind, this.#json, this.of.seq);
		return this.#frame;
	}

	/** Of a WebSocket. */
	get message(): string {
		this.#message ??= messageOf(this.of.kind, this.#json, this.of.seq);
		return this.#message;
	}

	get bytes(): number {
		return this.#json.length;
	}

	get #json(): string {
		this.#data ??= JSON.stringify(this.of.body);
		return this.#data;
	}
}

/** `json` has no line breaks. Without an id the client's stays as it is. */
export function frameOf(event: string, json: string, id?: number): string {
	return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`;
}

export function messageOf(event: string, json: string, id?: number): string {
	return `{${id === undefined ? "" : `"id":"${id}",`}"event":"${event}","data":${json}}`;
}
