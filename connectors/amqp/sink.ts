import type { Sink, SinkMessage } from "#core/ports/sink.ts";
import type { AmqpBroker } from "./broker.ts";
import { cloudEvent } from "./cloud-event.ts";
import { type Outgoing, Publisher } from "./publisher.ts";
import { streamArguments } from "./stream-arguments.ts";
import { type Declaration, declare } from "./topology.ts";

export interface AmqpSinkOptions {
	/** Of the stream that keeps what was told, for those who come later. */
	readonly retention?: { readonly ageMs: number; readonly bytes: number };
}

/** The topic exchange, and the stream behind it. */
export const jobsExchange = "watchrabbit.jobs";

const weekMs = 7 * 24 * 3600 * 1000;
const defaultRetention = { ageMs: weekMs, bytes: 10 * 1024 ** 3 };

/** Other services are told by a topic exchange, to which they bind queues of their own; a stream keeps all of it. */
export class AmqpSink implements Sink {
	readonly #publisher: Publisher;

	constructor(broker: AmqpBroker, { retention = defaultRetention }: AmqpSinkOptions = {}) {
		const declarations: readonly Declaration[] = [
			{ kind: "exchange", name: jobsExchange, type: "topic" },
			{ kind: "queue", name: jobsExchange, arguments: streamArguments(retention) },
			{ kind: "binding", name: jobsExchange, exchange: jobsExchange, pattern: "#" },
		];
		this.#publisher = new Publisher(broker.publishing, () => declare(broker.publishing, declarations));
	}

	async deliver(messages: readonly SinkMessage[]): Promise<void> {
		if (messages.length > 0) await this.#publisher.publish(messages.map(outgoing));
	}

	async close(): Promise<void> {
		await this.#publisher.close();
	}
}

/** `jobs.completed`, `results.committed`: what it is about, and what happened to it. */
export function routingKeyOf({ stream, type }: Pick<SinkMessage, "stream" | "type">): string {
	return `${stream}.${type.slice(type.indexOf(".") + 1)}`;
}

/** CloudEvents 1.0 in binary mode: the attributes are headers, the content is the data. */
function outgoing(message: SinkMessage): Outgoing {
	const { id, type, key, at, body, traceparent } = message;
	return {
		exchange: jobsExchange,
		routingKey: routingKeyOf(message),
		content: Buffer.from(body),
		messageId: id,
		options: {
			contentType: "application/json",
			timestamp: Math.floor(at / 1000),
			headers: {
				...cloudEvent(`watchrabbit.${type}`, `/${jobsExchange}`, id, at),
				"cloudEvents:subject": key,
				traceparent,
			},
		},
	};
}
