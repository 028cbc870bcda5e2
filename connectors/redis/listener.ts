import { setTimeout as passed } from "node:timers/promises";
import type { Redis } from "ioredis";
import { within } from "./within.ts";

export interface ListenerOptions {
	/** Gives a connected client; fails where there is none to be had. */
	readonly connect: () => Promise<Redis>;
	readonly channel: string;
	readonly onMessage: (message: string) => void;
	/** From now on messages are heard, or no longer: what was said in between, nobody heard. */
	readonly onChange: (listening: boolean) => void;
	readonly timeoutMs: number;
}

/** A connection that says nothing is asked this often whether it is still there. */
const heartbeatMs = 1_000;
const pauseMs = 500;

/**
 * Hears what is published on a channel, for as long as it can. It knows when it can not: a connection is either answering
 * its heartbeat, or taken for lost and replaced.
 */
export class Listener {
	readonly #options: ListenerOptions;
	readonly #ending = new AbortController();
	readonly #ended: Promise<void>;
	/** The first try to listen is over. */
	readonly begun: Promise<void>;
	#begin = () => {};

	constructor(options: ListenerOptions) {
		this.#options = options;
		this.begun = new Promise((resolve) => {
			this.#begin = resolve;
		});
		this.#ended = this.#listen();
	}

	async close(): Promise<void> {
		this.#ending.abort();
		await this.#ended;
	}

	async #listen(): Promise<void> {
		const { signal } = this.#ending;
		while (!signal.aborted) {
			// Whoever sends commands reports why there is no connection.
			await this.#session(signal).catch(() => {});
			this.#begin();
			await passed(pauseMs, undefined, { signal }).catch(() => {});
		}
	}

	async #session(ending: AbortSignal): Promise<void> {
		const { connect, channel, onMessage, onChange, timeoutMs } = this.#options;
		const client = await connect();
		const lost = new AbortController();
		const signal = AbortSignal.any([ending, lost.signal]);
		client.once("close", () => lost.abort());
		client.on("message", (_channel, message) => onMessage(message));
		let listening = false;
		try {
			await within(timeoutMs, client.subscribe(channel));
			listening = true;
			onChange(true);
			this.#begin();
			while (!signal.aborted) {
				await within(timeoutMs, client.ping());
				await passed(heartbeatMs, undefined, { signal });
			}
		} finally {
			client.disconnect();
			if (listening) onChange(false);
		}
	}
}
