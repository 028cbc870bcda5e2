import type { Parts } from "../parts.ts";
import { valueAt } from "../schema-walk.ts";
import { consumerGroup } from "../source-schema.ts";
import type { Finding } from "../translate-issues.ts";

/** A source's topic is in a Kafka that is named, and is no other source's as well. */
export function checkKafka({ sources, value }: Parts): Finding[] {
	const known = valueAt(value, ["kafka"]) !== undefined;
	const readers = new Map<string, string>();
	return [...sources].flatMap(([name, { kafka }]): Finding[] => {
		if (kafka === undefined) return [];
		const finding = { path: ["sources", name, "kafka"], part: "key" } as const;
		if (!known) {
			const message = "nothing says where this Kafka is";
			return [{ ...finding, message, fix: 'Add for example kafka: { brokers: ["kafka.lab:9092"] }, beside sources.' }];
		}
		const reader = `${kafka.topic} ${consumerGroup(name, kafka)}`;
		const other = readers.get(reader);
		readers.set(reader, name);
		if (other === undefined) return [];
		const message = `the sources "${other}" and "${name}" would share the messages of ${kafka.topic}: each message would go to one of them`;
		return [{ ...finding, message, fix: "Leave group out, or give each source a group of its own." }];
	});
}
