import { type Admin, type Kafka, Partitioners } from "kafkajs";
import { connect, type KafkaOptions } from "./connect.ts";
import { asKafkaError } from "./kafka-error.ts";

/** What a look at one side of Kafka came to. */
export interface KafkaFinding {
	/** connection, a topic */
	readonly subject: string;
	/** A warning works, but not as one may expect; a problem does not work. */
	readonly state: "ok" | "warning" | "problem";
	readonly says: string;
	/** For all that is not ok. */
	readonly fix?: string;
}

/** A topic that is read as a member of a group. */
export interface Reading {
	readonly topic: string;
	readonly group: string;
}

/**
 * Looks whether Kafka takes us in, at the topics that must be there, which are those that are read, and whether those
 * that are written may be, or made. Writes nothing.
 */
export async function examineKafka(
	options: KafkaOptions,
	read: readonly Reading[],
	written: readonly string[],
): Promise<readonly KafkaFinding[]> {
	const kafka = connect(options);
	const admin = kafka.admin();
	try {
		await admin.connect();
		const { brokers } = await admin.describeCluster();
		const known = new Set(await admin.listTopics());
		const says = `Kafka takes us in, ${brokers.length} of its brokers are there`;
		const findings: KafkaFinding[] = [{ subject: "connection", state: "ok", says }];
		for (const reading of read) {
			findings.push(known.has(reading.topic) ? await groupFinding(admin, reading) : missing(reading.topic));
		}
		for (const topic of written) {
			findings.push(known.has(topic) ? await writeFinding(kafka, topic) : await createFinding(admin, topic));
		}
		return findings;
	} catch (thrown) {
		const { message, fix = "" } = asKafkaError(thrown);
		return [{ subject: "connection", state: "problem", says: message, fix }];
	} finally {
		await admin.disconnect().catch(() => {});
	}
}

/** What a member of its group asks first. */
async function groupFinding(admin: Admin, { topic, group }: Reading): Promise<KafkaFinding> {
	const subject = `topic ${topic}`;
	try {
		await admin.fetchOffsets({ groupId: group, topics: [topic] });
		return { subject, state: "ok", says: `is there, and may be described, as may the group ${group}` };
	} catch (thrown) {
		const { message } = asKafkaError(thrown);
		const fix = `Let the user read and describe the topic ${topic} and the group ${group}.`;
		return { subject, state: "problem", says: `is there, but ${message}`, fix };
	}
}

/** No broker takes a message that is to be acknowledged by two; but first it looks whether the user may write there. */
const refusedAcks = 2;

/** Sends what is refused in any case, and hears why; then what a producer asks first that writes nothing twice. */
async function writeFinding(kafka: Kafka, topic: string): Promise<KafkaFinding> {
	const subject = `topic ${topic}`;
	const producer = kafka.producer({
		allowAutoTopicCreation: false,
		createPartitioner: Partitioners.DefaultPartitioner,
	});
	const idempotent = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
	try {
		await producer.connect();
		await producer
			.send({ topic, acks: refusedAcks, messages: [{ value: null }] })
			.catch((thrown: { type?: string }) => {
				if (thrown.type !== "INVALID_REQUIRED_ACKS") throw thrown;
			});
		await idempotent.connect();
		return { subject, state: "ok", says: "is there, and may be written" };
	} catch (thrown) {
		const { message } = asKafkaError(thrown);
		const fix = `Let the user write to the topic ${topic}; on a Kafka before 3.0 also write idempotently to the cluster.`;
		return { subject, state: "problem", says: `is there, but ${message}`, fix };
	} finally {
		await Promise.allSettled([producer.disconnect(), idempotent.disconnect()]);
	}
}

/** It is made with the first message. */
async function createFinding(admin: Admin, topic: string): Promise<KafkaFinding> {
	const topics = [{ topic, numPartitions: -1, replicationFactor: -1 }];
	const allowed = await admin.createTopics({ topics, validateOnly: true, waitForLeaders: false }).catch(() => false);
	if (allowed) return { subject: `topic ${topic}`, state: "ok", says: "is not there yet, and may be created" };
	return {
		subject: `topic ${topic}`,
		state: "problem",
		says: "is not there and may not be created, or this user may not see it",
		fix: `Create it, and let the user describe and write the topic ${topic}; or let the user create topics.`,
	};
}

function missing(topic: string): KafkaFinding {
	return {
		subject: `topic ${topic}`,
		state: "problem",
		says: "is not there, or this user may not see it",
		fix: "Create it, or let the user describe and read it.",
	};
}
