import type { Socket } from "node:net";
import amqp, { type ChannelModel, type ConfirmChannel } from "amqplib";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import type { Report } from "#domain/report.ts";
import { amqpError } from "./amqp-error.ts";

export interface AmqpOptions {
	/** amqp:// or amqps://, with user, password and virtual host. */
	readonly url: string;
	/** Contents of files in PEM. */
	readonly tls?: { readonly ca?: string | Buffer; readonly cert?: string | Buffer; readonly key?: string | Buffer };
	/** How the broker's tools call this process. */
	readonly name?: string;
	/** A silent connection is given up after about twice as long. */
	readonly heartbeatSeconds?: number;
	readonly connectTimeoutMs?: number;
	/** The broker has so long to take a message. */
	readonly confirmTimeoutMs?: number;
	readonly report?: Report;
}

const heartbeatSeconds = 10;
const connectTimeoutMs = 5_000;
const confirmTimeoutMs = 30_000;
const closeTimeoutMs = 2_000;

/**
 * One connection to the broker, made when it is first needed and made anew when it is needed and was lost. It has no loop
 * of its own: whoever needs it calls again, with the patience (backoff) of `persist`, and all who call at a time share an
 * attempt. States: none -> connecting -> open -> none ...; closed is for good.
 */
export class AmqpConnection {
	readonly #options: AmqpOptions;
	readonly #purpose: string;
	#model: Promise<ChannelModel> | undefined;
	#open: ChannelModel | undefined;
	/** It was open before. */
	#known = false;
	#closed = false;
	/** Why the broker takes no messages now. */
	#blocked: string | undefined;
	/** What was told of that. */
	#told: string | undefined;
	#losses = 0;

	constructor(options: AmqpOptions, purpose: string) {
		this.#options = options;
		this.#purpose = purpose;
	}

	get blocked(): string | undefined {
		return this.#blocked;
	}

	/** How often it was lost. */
	get losses(): number {
		return this.#losses;
	}

	get confirmTimeoutMs(): number {
		return this.#options.confirmTimeoutMs ?? confirmTimeoutMs;
	}

	get report(): Report | undefined {
		return this.#options.report;
	}

	/** @throws WatchRabbitError BROKER_* */
	async channel(): Promise<ConfirmChannel> {
		const model = await this.#connected();
		try {
			const channel = await within(connectTimeoutMs, model.createConfirmChannel());
			// An error ends the channel, and whoever uses it is told by its end.
			channel.on("error", () => {});
			channel.on("handler-error", () => {});
			return channel;
		} catch (thrown) {
			// A connection that opens no channel is none.
			giveUp(model);
			throw amqpError(thrown);
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		const model = await this.#model?.catch(() => undefined);
		if (model === undefined) return;
		try {
			await within(closeTimeoutMs, model.close());
		} catch {
			giveUp(model);
		}
	}

	async #connected(): Promise<ChannelModel> {
		if (this.#closed) throw brokerClosed();
		this.#model ??= this.#connect();
		const attempt = this.#model;
		try {
			return await attempt;
		} catch (thrown) {
			if (this.#model === attempt) this.#model = undefined;
			throw thrown;
		}
	}

	async #connect(): Promise<ChannelModel> {
		const { url, tls, name = "watchrabbit" } = this.#options;
		const address = new URL(url);
		address.searchParams.set("heartbeat", String(this.#options.heartbeatSeconds ?? heartbeatSeconds));
		let model: ChannelModel;
		try {
			model = await amqp.connect(address.href, {
				...tls,
				noDelay: true,
				keepAlive: true,
				timeout: this.#options.connectTimeoutMs ?? connectTimeoutMs,
				clientProperties: { connection_name: `${name} (${this.#purpose})` },
			});
		} catch (thrown) {
			const error = amqpError(thrown);
			// It was there: the broker has trouble with it, and that passes.
			throw error.code === "BROKER_VHOST" && this.#known ? transient("BROKER_AWAY", error.message) : error;
		}
		model.on("error", () => {});
		model.on("handler-error", () => {});
		model.on("close", () => this.#lost(model));
		model.on("blocked", (reason) => this.#block(reason));
		model.on("unblocked", () => this.#block(undefined));
		this.#open = model;
		this.#known = true;
		this.#block(undefined);
		return model;
	}

	#block(reason: string | undefined): void {
		this.#blocked = reason;
		if (reason === this.#told) return;
		this.#told = reason;
		this.#options.report?.(reason === undefined ? { event: "broker.unblocked" } : { event: "broker.blocked", reason });
	}

	#lost(model: ChannelModel): void {
		// The library ends its side and waits for the other one; a peer that is gone never answers.
		socketOf(model).destroySoon();
		if (this.#open !== model) return;
		if (!this.#closed) this.#losses += 1;
		this.#open = undefined;
		this.#model = undefined;
		// Nothing to tell: whether it is over is known when the broker is back.
		this.#blocked = undefined;
	}
}

export function brokerClosed(): WatchRabbitError {
	return transient("BROKER_CLOSED", "the connection to the broker was closed");
}

/** Rejects with BROKER_AWAY (transient) when it takes longer. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(transient("BROKER_AWAY", `the broker did not answer within ${ms} ms`)), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** Its channels are told as if the socket had failed. */
function giveUp(model: ChannelModel): void {
	socketOf(model).destroy(new Error("the connection was given up"));
}

/** The library has no way to give a connection up at once. */
function socketOf(model: ChannelModel): Socket {
	return (model.connection as unknown as { stream: Socket }).stream;
}
