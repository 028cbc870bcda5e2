import type { ConsumeMessage } from "amqplib";
import { consume, type Stream, stopConsuming } from "./stream-consumer.ts";

/** A stream that gives nothing for so long is empty; the broker gives the first message within a few milliseconds. */
const emptyAfterMs = 500;
/** The last chunk is given in one go: when nothing follows for so long, that was all. */
const quietMs = 50;
/** Somebody appends all the time: what was last after this is as good an answer. */
const atMostMs = 2_000;

/**
 * The last message of a stream; undefined when it is empty. A broker does not tell by AMQP 0-9-1 where a stream ends, so
 * its last chunk is read. Too early an answer is an earlier message, which makes a consumer read again what it knows.
 */
export async function lastMessage(stream: Stream): Promise<ConsumeMessage | undefined> {
	let last: ConsumeMessage | undefined;
	const ended = Promise.withResolvers<void>();
	ended.promise.catch(() => {}); // Told by what awaits it, if that is reached.
	let quiet: NodeJS.Timeout | undefined;
	const channel = await consume(stream, {
		from: "last",
		readAhead,
		take: (message, on) => {
			last = message;
			on.ack(message);
			clearTimeout(quiet);
			quiet = setTimeout(ended.resolve, quietMs);
		},
		lost: ended.reject,
	});
	quiet ??= setTimeout(ended.resolve, emptyAfterMs);
	const longest = setTimeout(ended.resolve, atMostMs);
	try {
		await ended.promise;
		return last;
	} finally {
		clearTimeout(quiet);
		clearTimeout(longest);
		await stopConsuming(channel);
	}
}

const readAhead = 1_000;
