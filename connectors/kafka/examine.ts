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

/** Looks whether Kafka takes us in, and at the topics that must be there: those of sources. Writes nothing. */
export async function examineKafka(
	options: KafkaOptions,
	topics: readonly string[] = [],
): Promise<readonly KafkaFinding[]> {
	const admin = connect(options).admin();
	try {
		await admin.connect();
		const { brokers } = await admin.describeCluster();
		const known = new Set(await admin.listTopics());
		const says = `Kafka takes us in, ${brokers.length} of its brokers are there`;
		return [{ subject: "connection", state: "ok", says }, ...topics.map((topic) => topicFinding(topic, known))];
	} catch (thrown) {
		const { message, fix = "" } = asKafkaError(thrown);
		return [{ subject: "connection", state: "problem", says: message, fix }];
	} finally {
		await admin.disconnect().catch(() => {});
	}
}

function topicFinding(topic: string, known: ReadonlySet<string>): KafkaFinding {
	if (known.has(topic)) return { subject: `topic ${topic}`, state: "ok", says: "is there, and may be described" };
	return {
		subject: `topic ${topic}`,
		state: "problem",
		says: "is not there, or this user may not see it",
		fix: "Create it, or let the user describe and read it.",
	};
}
