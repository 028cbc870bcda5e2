import type { FastifyReply } from "fastify";
import { frameOf, type LiveEvent } from "./live-event.ts";
import type { Notice, Wire } from "./wire.ts";

/** After so long a client whose connection ended comes again by itself. */
const retryMs = 2_000;

/** Server-Sent Events, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them. */
export class EventStream implements Wire {
	readonly #response: FastifyReply["raw"];

	/** Answers. */
	constructor(reply: FastifyReply) {
		reply.hijack();
		this.#response = reply.raw;
		for (const [name, value] of Object.entries(reply.getHeaders())) {
			if (value !== undefined) this.#response.setHeader(name, value);
		}
		this.#response.writeHead(200, {
			"content-type": "text/event-stream; charset=utf-8",
			"cache-control": "no-store",
			// For nginx: what is collected comes late.
			"x-accel-buffering": "no",
		});
		this.#response.socket?.setTimeout(0);
		this.#response.on("error", () => {});
		this.#response.write(`retry: ${retryMs}\n\n`);
	}

	send(events: readonly LiveEvent[]): void {
		// One write on the wire, and the same text for all: a joined one would be of each client.
		this.#response.cork();
		for (const { frame } of events) this.#response.write(frame);
		this.#response.uncork();
	}

	tell(notice: Notice, data: object, id?: number): void {
		this.#response.write(frameOf(notice, JSON.stringify(data), id));
	}

	/** An id without data is no event, and is where the client resumes. */
	beat(upTo: number): void {
		this.#response.write(`: heartbeat\nid: ${upTo}\n\n`);
	}

	get waiting(): number {
		return this.#response.writableLength;
	}

	taken(): Promise<void> {
		const response = this.#response;
		if (!response.writableNeedDrain || response.destroyed) return Promise.resolve();
		return new Promise((resolve) => {
			const taken = () => {
				response.off("drain", taken).off("close", taken);
				resolve();
			};
			response.on("drain", taken).on("close", taken);
		});
	}

	end(): void {
		this.#response.end();
	}

	destroy(): void {
		this.#response.destroy();
	}

	onGone(gone: () => void): void {
		if (this.#response.destroyed) gone();
		else this.#response.once("close", gone);
	}
}
