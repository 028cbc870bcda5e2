import { amqpError, isNotFound } from "./amqp-error.ts";
import type { AmqpConnection } from "./connection.ts";
import { deadLetterExchange } from "./dead-letters.ts";
import { closeChannel } from "./publisher.ts";
import type { Declaration } from "./topology.ts";

export function workQueue(pool: string): string {
	return `watchrabbit.work.${pool}`;
}

/** Where hints wait that are not due yet. */
export function retryQueue(pool: string): string {
	return `watchrabbit.retry.${pool}`;
}

/** A broker drops, or buries, what it delivered more often. The catalog counts attempts; this one must never be reached. */
const deliveries = 1_000_000;

/** Anything but this strategy with this overflow may lose what it moves. */
const moved = { "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish" };

export function workDeclarations(pool: string, bound: number): readonly Declaration[] {
	return [
		{
			kind: "queue",
			name: workQueue(pool),
			arguments: {
				"x-queue-type": "quorum",
				"x-max-length": bound,
				"x-delivery-limit": deliveries,
				"x-dead-letter-exchange": deadLetterExchange,
				...moved,
			},
		},
		{
			kind: "queue",
			name: retryQueue(pool),
			arguments: {
				"x-queue-type": "quorum",
				"x-dead-letter-exchange": "",
				"x-dead-letter-routing-key": workQueue(pool),
				...moved,
			},
		},
	];
}

/** Hints that wait on the broker, due or not. To be asked where nothing is published: a broker that is short of disk answers there. */
export async function readyIn(connection: AmqpConnection, pool: string): Promise<number> {
	const counts = await Promise.all([workQueue(pool), retryQueue(pool)].map((queue) => messagesIn(connection, queue)));
	return counts.reduce((sum, count) => sum + count, 0);
}

export async function messagesIn(connection: AmqpConnection, queue: string): Promise<number> {
	const channel = await connection.channel();
	try {
		return (await channel.checkQueue(queue)).messageCount;
	} catch (thrown) {
		// One that nobody needed yet holds nothing.
		if (isNotFound(thrown)) return 0;
		throw amqpError(thrown);
	} finally {
		await closeChannel(channel);
	}
}
