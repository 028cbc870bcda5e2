import { setTimeout as passed } from "node:timers/promises";
import type { EachBatchPayload, Kafka, KafkaMessage } from "kafkajs";
import type { Envelope } from "#core/envelope.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import { failure, type Outcome } from "#core/outcome.ts";
import type { IncomingFile, Source } from "#core/ports/source.ts";
import type { MessageHeaders } from "#core/ports/work-queue.ts";
import { Receipt } from "#core/receipt.ts";
import { startTrace } from "#core/trace.ts";
import { connect, type KafkaOptions } from "./connect.ts";
import { DeadLetters, type Place } from "./dead-letters.ts";
import { headersOf, incomingFile, type MessageForm, nameOf } from "./incoming.ts";
import { asKafkaError } from "./kafka-error.ts";
import { type KeptMessage, read } from "./letter.ts";

export interface KafkaSourceOptions extends KafkaOptions {
	readonly topic: string;
	/** Members of one group share the topic's partitions. */
	readonly groupId: string;
	readonly messages: MessageForm;
	/** Messages in hand at a time, a partition. */
	readonly credit?: number;
	/** Told of what goes to the dead letters; not again because those refuse it. */
	readonly buried?: (body: Uint8Array, reason: string, headers: MessageHeaders) => Promise<void>;
	/** A member that gives no sign of life for so long has left. */
	readonly sessionTimeoutMs?: number;
}

type Take = (envelope: Envelope<IncomingFile>) => void;

const retryMs = 1_000;

/**
 * A topic read as a member of a consumer group. An offset is committed once everything before it is resolved, so that
 * what was in hand when a partition went to another member, or this one ended, comes again there. While messages are in
 * hand the member gives signs of life, however long they take.
 */
export class KafkaSource implements Source {
	readonly #kafka: Kafka;
	readonly #options: KafkaSourceOptions;

	constructor(options: KafkaSourceOptions) {
		this.#kafka = connect(options);
		this.#options = options;
	}

	/** @throws WatchRabbitError KAFKA_AWAY (transient); KAFKA_* (permanent) with what to change */
	async run(take: Take, signal: AbortSignal, hears: () => void): Promise<void> {
		const { topic, groupId, sessionTimeoutMs: sessionTimeout = 30_000 } = this.#options;
		const consumer = this.#kafka.consumer({
			groupId,
			sessionTimeout,
			heartbeatInterval: Math.ceil(sessionTimeout / 10),
			maxWaitTimeInMs: 500,
			allowAutoTopicCreation: false,
			// Whoever runs the source decides when to try again.
			retry: { restartOnFailure: async () => false },
		});
		const dead = new DeadLetters(this.#kafka, topic);
		const { promise: crashed, reject: crash } = Promise.withResolvers<never>();
		consumer.on("consumer.group_join", hears);
		consumer.on("consumer.crash", ({ payload }) => crash(payload.error));
		const ending = new AbortController();
		try {
			await consumer.connect();
			await consumer.subscribe({ topic, fromBeginning: true });
			await consumer.run({
				autoCommit: false,
				eachBatchAutoResolve: false,
				partitionsConsumedConcurrently: 4,
				eachBatch: (payload) => this.#work(payload, take, dead, AbortSignal.any([signal, ending.signal])),
			});
			await Promise.race([crashed, aborted(signal)]);
		} catch (thrown) {
			throw asKafkaError(thrown);
		} finally {
			ending.abort();
			crashed.catch(() => {});
			await consumer.disconnect().catch(() => {});
			await dead.close();
		}
	}

	/** @throws WatchRabbitError as `run` does */
	async bury(letter: string, cause: WatchRabbitError): Promise<void> {
		const { message, place } = read(letter);
		const dead = new DeadLetters(this.#kafka, place.topic);
		try {
			await dead.bury(message, place, cause);
			await this.#list(message, cause);
		} catch (thrown) {
			throw asKafkaError(thrown);
		} finally {
			await dead.close();
		}
	}

	/** @throws WatchRabbitError as `run` does */
	async idle(): Promise<boolean> {
		const { topic, groupId } = this.#options;
		const admin = this.#kafka.admin();
		try {
			await admin.connect();
			const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
			const reached = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
			const partitions = await admin.fetchTopicOffsets(topic);
			return partitions.every(
				({ partition, low, high }) => BigInt(high) === BigInt(low) || BigInt(high) <= (reached.get(partition) ?? 0n),
			);
		} catch (thrown) {
			throw asKafkaError(thrown);
		} finally {
			await admin.disconnect().catch(() => {});
		}
	}

	/** As many at a time as there is credit for; commits after each of them up to the first that was not resolved. */
	async #work(payload: EachBatchPayload, take: Take, dead: DeadLetters, ending: AbortSignal): Promise<void> {
		const { batch, heartbeat, resolveOffset, commitOffsetsIfNecessary: commit } = payload;
		const { topic, partition, messages } = batch;
		const { credit = 16, sessionTimeoutMs = 30_000 } = this.#options;
		const lost = new AbortController();
		const beating = setInterval(() => heartbeat().catch((thrown) => lost.abort(thrown)), sessionTimeoutMs / 10);
		const leaving = AbortSignal.any([ending, lost.signal]);
		try {
			for (let at = 0; at < messages.length && !leaving.aborted; at += credit) {
				const inHand = messages.slice(at, at + credit);
				const place = { topic, partition };
				const before = new Map<string, Promise<boolean>>();
				// One after the other those of a name: the last one is what stays of a file.
				const inTurn = (message: KafkaMessage) => {
					const name = nameOf(message) ?? message.offset;
					const turn = (before.get(name) ?? Promise.resolve(true)).then(
						(done) => done && this.#resolve(message, place, take, dead, leaving),
					);
					before.set(name, turn);
					return turn;
				};
				const resolved = await Promise.all(inHand.map(inTurn));
				const open = resolved.indexOf(false);
				const last = inHand[(open < 0 ? inHand.length : open) - 1];
				if (last === undefined) break;
				resolveOffset(last.offset);
				const next = { partition, offset: String(BigInt(last.offset) + 1n) };
				await commit({ topics: [{ topic, partitions: [next] }] });
			}
		} finally {
			clearInterval(beating);
		}
		// The client joins the group anew when it hears what the heartbeat heard.
		if (lost.signal.aborted) throw lost.signal.reason;
	}

	/** False: it was left as it is, because the partition, or the process, goes elsewhere. */
	async #resolve(
		message: KafkaMessage,
		place: Place,
		take: Take,
		dead: DeadLetters,
		leaving: AbortSignal,
	): Promise<boolean> {
		const listed = once((cause: WatchRabbitError) => this.#list(message, cause));
		while (!leaving.aborted) {
			const outcome = await Promise.race([this.#handOver(message, place, take), aborted(leaving)]);
			if (outcome === undefined) return false;
			if (outcome.kind === "delivered") return true;
			if (outcome.kind === "rejected") {
				const { cause } = outcome;
				const buried = listed(cause).then(() => dead.bury(message, place, cause));
				if (
					await buried.then(
						() => true,
						() => false,
					)
				)
					return true;
			}
			const afterMs = outcome.kind === "retry" ? (outcome.afterMs ?? retryMs) : retryMs;
			await passed(afterMs, undefined, { signal: leaving }).catch(() => {});
		}
		return false;
	}

	/** Where a person sees it. */
	async #list(message: KeptMessage, { message: reason }: WatchRabbitError): Promise<void> {
		await this.#options.buried?.(message.value ?? new Uint8Array(), reason, headersOf(message));
	}

	#handOver(message: KafkaMessage, place: Place, take: Take): Promise<Outcome> {
		return new Promise((resolve) => {
			try {
				const value = incomingFile(this.#options.messages, message, place);
				take({ value, receipt: new Receipt(resolve), trace: value.origin ?? startTrace() });
			} catch (thrown) {
				resolve(failure(thrown));
			}
		});
	}
}

/** What succeeded is not done again. */
function once<A>(task: (value: A) => Promise<void>): (value: A) => Promise<void> {
	let done: Promise<void> | undefined;
	return async (value) => {
		done ??= task(value);
		await done.catch((thrown) => {
			done = undefined;
			throw thrown;
		});
	};
}

/** Once the signal has aborted; undefined, so that it can be told from an outcome. */
function aborted(signal: AbortSignal): Promise<undefined> {
	return new Promise((resolve) => {
		if (signal.aborted) resolve(undefined);
		else signal.addEventListener("abort", () => resolve(undefined), { once: true });
	});
}
