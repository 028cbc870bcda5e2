import { permanent, transient, WatchRabbitError } from "#core/errors.ts";

/** What Kafka refuses until somebody changes something, with what to change. */
const refusals: readonly (readonly [pattern: RegExp, code: string, what: string, fix: string])[] = [
	[
		/SASLAuthentication|SASL_AUTHENTICATION_FAILED|ILLEGAL_SASL_STATE/,
		"KAFKA_PASSWORD_WRONG",
		"Kafka does not take the user and password",
		"Correct the user and password of Kafka in the configuration.",
	],
	[
		/UNSUPPORTED_SASL_MECHANISM|mechanism is not supported/,
		"KAFKA_LOGIN_UNSUPPORTED",
		"Kafka does not let users log in this way",
		"Give one of the mechanisms that its listener has enabled: plain, scram-sha-256 or scram-sha-512.",
	],
	[
		/AUTHORIZATION_FAILED|authorization failed/i,
		"KAFKA_PERMISSION_MISSING",
		"Kafka does not let this user do what is needed",
		"Let the user describe, read or write its topics, read with its group, and write idempotently to the cluster.",
	],
	[
		/MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/,
		"KAFKA_MESSAGE_TOO_LARGE",
		"a message is larger than the topic takes",
		"Raise max.message.bytes of the topic.",
	],
	[
		/UNKNOWN_TOPIC_OR_PARTITION|INVALID_TOPIC/,
		"KAFKA_TOPIC_MISSING",
		"Kafka has no such topic",
		"Create the topic, or let this user create it.",
	],
	[
		/unable to verify|self.signed|certificate|ERR_TLS|SSL routines|wrong version number/i,
		"KAFKA_CERTIFICATE_REFUSED",
		"no encrypted connection to Kafka comes about",
		"Name the certificates of the authority to trust (tls: ca), and the port of an encrypted listener.",
	],
];

/** The words of all causes, and nothing else of them: what a login was made with stays where it is. */
export function asKafkaError(thrown: unknown): WatchRabbitError {
	if (thrown instanceof WatchRabbitError) return thrown;
	const words = [...causes(thrown)].join(": ");
	const known = refusals.find(([pattern]) => pattern.test(words));
	if (known !== undefined) return permanent(known[1], known[2], { fix: known[3] });
	// The library does not tell whether nobody coordinates the group yet, or this user may not know who does.
	if (/GroupCoordinatorNotFound/.test(words)) {
		return transient("KAFKA_GROUP_UNREACHABLE", "Kafka names nobody who coordinates the group", {
			fix: "Nothing to do if Kafka has just started. Else let the user read and describe the group.",
		});
	}
	return transient("KAFKA_AWAY", `Kafka does not answer: ${messageOf(thrown)}`, {
		fix: "Nothing to do if it comes back: what it was to hear waits. Else see whether it runs and can be reached.",
	});
}

function* causes(thrown: unknown): Generator<string> {
	for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
		const { type } = cause as { readonly type?: unknown };
		yield `${cause.name} ${typeof type === "string" ? type : ""} ${cause.message}`;
	}
}

function messageOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown);
}
