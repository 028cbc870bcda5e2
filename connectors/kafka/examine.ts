import type { Admin } from "kafkajs";
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

/** Looks whether Kafka takes us in, and at the topics that must be there: those that are read. Writes nothing. */
export async function examineKafka(options: KafkaOptions, read: readonly Reading[]): Promise<readonly KafkaFinding[]> {
	const admin = connect(options).admin();
	try {
		await admin.connect();
		const { brokers } = await admin.describeCluster();
		const known = new Set(await admin.listTopics());
		const says = `Kafka takes us in, ${brokers.length} of its brokers are there`;
		const findings: KafkaFinding[] = [{ subject: "connection", state: "ok", says }];
		for (const reading of read) {
			findings.push(known.has(reading.topic) ? await groupFinding(admin, reading) : missing(reading.topic));
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

function missing(topic: string): KafkaFinding {
	return {
		subject: `topic ${topic}`,
		state: "problem",
		says: "is not there, or this user may not see it",
		fix: "Create it, or let the user describe and read it.",
	};
}
