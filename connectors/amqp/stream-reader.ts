import type { ConfirmChannel, ConsumeMessage } from "amqplib";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import type { LogOffset, LogReader, LogRecord } from "#core/ports/event-log.ts";
import { WakeUp } from "#core/wake-up.ts";
import { amqpError } from "./amqp-error.ts";
import { closeChannel } from "./publisher.ts";
import { consume, type Stream } from "./stream-consumer.ts";
import { recordsOf, streamOffsetOf } from "./stream-message.ts";

/** Messages that wait here to be read, at most: the broker sends no more before some of them were. */
const readAhead = 256;
/** Everything that changes for a reader rings. */
const lookEveryMs = 2 ** 31 - 1;

interface EndingStream extends Stream {
	end(): Promise<LogOffset | undefined>;
}

interface Attached {
	readonly channel: ConfirmChannel;
	readonly messages: ConsumeMessage[];
	/** Of the first message, those that were not given yet. */
	begun: LogRecord[] | undefined;
}

/**
 * Reads a stream from where it is: attached to the broker while all is well, and again, behind what it gave last, when it
 * is asked after that was lost.
 */
export class StreamReader implements LogReader {
	readonly #stream: EndingStream;
	readonly #changed = new WakeUp();
	#position: LogOffset | undefined;
	#attaching: Promise<void> | undefined;
	#attached: Attached | undefined;
	/** To be told to the next one who reads. */
	#trouble: WatchRabbitError | undefined;
	#closed = false;

	constructor(stream: EndingStream, after: LogOffset | undefined) {
		this.#stream = stream;
		this.#position = after;
	}

	async read(max: number, signal: AbortSignal): Promise<readonly LogRecord[]> {
		return (await this.#changed.find(() => this.#next(max), signal, lookEveryMs)) ?? [];
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#changed.close(transient("LOG_CLOSED", "the reader was closed"));
	}

	/** Closes it, and resolves when nothing of it is left on the broker. */
	async end(): Promise<void> {
		this.close();
		await this.#attaching;
		if (this.#attached !== undefined) await closeChannel(this.#attached.channel);
	}

	#next(max: number): readonly LogRecord[] | undefined {
		const trouble = this.#trouble;
		if (trouble !== undefined) {
			this.#trouble = undefined;
			throw trouble;
		}
		if (this.#attached === undefined) {
			this.#attaching ??= this.#attach();
			return undefined;
		}
		const records = this.#given(this.#attached, max);
		return records.length === 0 ? undefined : records;
	}

	#given(attached: Attached, max: number): LogRecord[] {
		const { messages, channel } = attached;
		const records: LogRecord[] = [];
		let done: ConsumeMessage | undefined;
		while (records.length < max) {
			const [message] = messages;
			if (message === undefined) break;
			attached.begun ??= recordsOf(this.#stream.name, message).filter(({ offset }) => offset > (this.#position ?? -1));
			records.push(...attached.begun.splice(0, max - records.length));
			this.#position = records.at(-1)?.offset ?? this.#position;
			if (attached.begun.length > 0) break;
			attached.begun = undefined;
			messages.shift();
			done = message;
		}
		if (done !== undefined) acknowledge(channel, done);
		return records;
	}

	async #attach(): Promise<void> {
		try {
			this.#attached = await this.#consume();
		} catch (thrown) {
			this.#trouble = amqpError(thrown);
		}
		this.#attaching = undefined;
		this.#changed.ring();
	}

	async #consume(): Promise<Attached> {
		await this.#resume();
		const messages: ConsumeMessage[] = [];
		let lost = false;
		const channel = await consume(this.#stream, {
			from: this.#position === undefined ? "first" : streamOffsetOf(this.#position),
			readAhead,
			take: (message) => {
				messages.push(message);
				this.#changed.ring();
			},
			lost: (error) => {
				lost = true;
				if (this.#attached?.messages !== messages) return;
				this.#attached = undefined;
				this.#trouble = amqpError(error);
				this.#changed.ring();
			},
		});
		if (lost) throw new Error("the connection was lost");
		return { channel, messages, begun: undefined };
	}

	/** A stream that ends before where we are is another one, made after ours was deleted: it is read from its beginning. */
	async #resume(): Promise<void> {
		if (this.#position !== undefined && ((await this.#stream.end()) ?? -1) < this.#position) this.#position = undefined;
	}
}

/** Only gives the broker leave to send more: a stream keeps what was read. */
function acknowledge(channel: ConfirmChannel, upTo: ConsumeMessage): void {
	try {
		channel.ack(upTo, true);
	} catch {
		// The channel is gone, and its end is told.
	}
}
