import type { ConfirmChannel, ConsumeMessage } from "amqplib";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import { logReplaced } from "#core/log-replaced.ts";
import type { LogOffset, LogPosition, LogReader, LogRecord } from "#core/ports/event-log.ts";
import { WakeUp } from "#core/wake-up.ts";
import { amqpError } from "./amqp-error.ts";
import { closeChannel } from "./publisher.ts";
import { consume, type Stream, stopConsuming } from "./stream-consumer.ts";
import { isAt, recordsOf, streamOffsetIn, streamOffsetOf } from "./stream-message.ts";

/** Messages that wait here to be read, at most: the broker sends no more before some of them were. */
const readAhead = 32;
/** From one message to the next: a new segment takes a place of its own. More are missing ones. */
const largestStep = 2;
/** The broker gives the first message within a few milliseconds; later than this, the stream is asked where it ends. */
const givenAfterMs = 2_000;
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
 * is asked after that was lost. Whether the stream is still the one that it was is known by that message alone: a reader
 * that has given nothing, and was attached, cannot tell.
 */
export class StreamReader implements LogReader {
	readonly #stream: EndingStream;
	readonly #changed = new WakeUp();
	#position: LogPosition | undefined;
	#wasAttached = false;
	/** Ends an attempt to attach. */
	#interrupt = (_: Error) => {};
	#attaching: Promise<void> | undefined;
	#attached: Attached | undefined;
	/** To be told to the next one who reads. */
	#trouble: WatchRabbitError | undefined;
	#closed = false;

	constructor(stream: EndingStream, after: LogPosition | undefined) {
		this.#stream = stream;
		this.#position = after;
	}

	async read(max: number, signal: AbortSignal): Promise<readonly LogRecord[]> {
		return (await this.#changed.find(() => this.#next(max), signal, lookEveryMs)) ?? [];
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		const closed = transient("LOG_CLOSED", "the reader was closed");
		this.#changed.close(closed);
		this.#interrupt(closed);
	}

	/** Closes it, and resolves when nothing of it is left on the broker. */
	async end(): Promise<void> {
		this.close();
		await this.#attaching;
		if (this.#attached !== undefined) await stopConsuming(this.#attached.channel);
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
			attached.begun ??= recordsOf(this.#stream.name, message).filter(
				({ offset }) => offset > (this.#position?.offset ?? -1),
			);
			records.push(...attached.begun.splice(0, max - records.length));
			this.#position = records.at(-1) ?? this.#position;
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
		const { name } = this.#stream;
		const position = this.#position;
		if (position === undefined && this.#wasAttached) throw logReplaced(name, "may be another one since it was lost");
		const messages: ConsumeMessage[] = [];
		const first = Promise.withResolvers<ConsumeMessage>();
		first.promise.catch(() => {}); // Told by what awaits it, if that is reached.
		let lost: Error | undefined;
		const lose = (error: Error) => {
			lost ??= error;
			first.reject(error);
			if (this.#attached?.messages === messages) this.#detach(this.#attached, error);
		};
		this.#interrupt = lose;
		let last = position && streamOffsetOf(position.offset);
		const channel = await consume(this.#stream, {
			from: last ?? "first",
			readAhead,
			take: (message) => {
				const here = streamOffsetIn(message.properties);
				if (last !== undefined && here > last + largestStep) lose(logReplaced(name, "dropped what was not read yet"));
				last = here;
				messages.push(message);
				first.resolve(message);
				this.#changed.ring();
			},
			lost: lose,
		});
		try {
			if (position !== undefined) await this.#findAgain(position, first.promise);
			if (lost !== undefined) throw lost;
		} catch (thrown) {
			await closeChannel(channel);
			throw thrown;
		}
		this.#wasAttached = true;
		return { channel, messages, begun: undefined };
	}

	/** What this reader gave last is the first thing that its stream gives now; another stream has something else there, or nothing. */
	async #findAgain(position: LogPosition, first: Promise<ConsumeMessage>): Promise<void> {
		const { name } = this.#stream;
		for (;;) {
			const message = await withinMs(givenAfterMs, first);
			if (message !== undefined && isAt(position, message)) return;
			if (message !== undefined) throw logReplaced(name, "is another one, or dropped what was not read yet");
			if (((await this.#stream.end()) ?? -1) < position.offset) throw logReplaced(name, "is another one than before");
		}
	}

	#detach(attached: Attached, error: Error): void {
		this.#attached = undefined;
		this.#trouble = amqpError(error);
		this.#changed.ring();
		void closeChannel(attached.channel);
	}
}

/** Undefined when it takes longer. */
async function withinMs<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<undefined>((resolve) => {
		timer = setTimeout(resolve, ms, undefined);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
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
