import type { Kafka, Producer } from "kafkajs";
import type { WatchRabbitError } from "#core/errors.ts";
import { idOf, type KeptMessage } from "./letter.ts";

export interface Place {
	readonly topic: string;
	readonly partition: number;
}

export function deadTopic(topic: string): string {
	return `${topic}.dead`;
}

/** `<topic>.dead`: messages as they came, with why and where from in their headers. */
export class DeadLetters {
	readonly #kafka: Kafka;
	readonly #topic: string;
	#opening: Promise<Producer> | undefined;

	constructor(kafka: Kafka, topic: string) {
		this.#kafka = kafka;
		this.#topic = deadTopic(topic);
	}

	/** Resolves once it is durable. */
	async bury(message: KeptMessage, from: Place, cause: WatchRabbitError): Promise<void> {
		this.#opening ??= this.#open();
		const producer = await this.#opening.catch((thrown) => {
			this.#opening = undefined;
			throw thrown;
		});
		const why = {
			"watchrabbit-code": cause.code,
			"watchrabbit-reason": cause.message,
			"watchrabbit-from": idOf(message, from),
		};
		const { key, value, headers } = message;
		await producer.send({ topic: this.#topic, acks: -1, messages: [{ key, value, headers: { ...headers, ...why } }] });
	}

	async close(): Promise<void> {
		const producer = await this.#opening?.catch(() => undefined);
		await producer?.disconnect().catch(() => {});
	}

	async #open(): Promise<Producer> {
		const admin = this.#kafka.admin();
		try {
			await admin.connect();
			if (!(await admin.listTopics()).includes(this.#topic)) {
				const topics = [{ topic: this.#topic, numPartitions: -1, replicationFactor: -1 }];
				await admin.createTopics({ topics, waitForLeaders: true });
			}
		} finally {
			await admin.disconnect();
		}
		const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
		await producer.connect();
		return producer;
	}
}
