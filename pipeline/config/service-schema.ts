import { z } from "zod";
import {
	choice,
	custom,
	duration,
	kafkaTopic,
	keys,
	list,
	path,
	secret,
	size,
	text,
	wholeNumber,
	wordings,
} from "./value-kinds.ts";

interface AddressKind {
	readonly schemes: readonly string[];
	readonly example: string;
	/** What it is, as an error says it. */
	readonly expected: string;
	/** Several hosts with commas between them, which no other URL has. */
	readonly manyHosts?: true;
}

/** The address of a service, as a URL. It may carry a password: it is shown with that covered. */
export function serviceAddress({ schemes, example, expected, manyHosts }: AddressKind) {
	const fix = `Write for example ${example}`;
	const schema = z
		.string()
		.superRefine((value, context) => {
			const one = manyHosts ? value.replace(/,[^/]*/, "") : value;
			if (!URL.canParse(one)) context.addIssue(custom(`it must be ${expected}`, fix));
			else if (!schemes.includes(new URL(one).protocol.slice(0, -1))) {
				context.addIssue(custom(`it must begin with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`, fix));
			}
		})
		.meta({ examples: [example] });
	wordings.add(schema, { expected, fix: () => fix, address: true });
	return schema;
}

/** One line, or a map where more is to be said: `broker: amqp://host` is `broker: { url: amqp://host }`. */
function service<T extends z.core.$ZodLooseShape>(kind: AddressKind, more: T) {
	const url = serviceAddress(kind);
	const map = keys({ url: url.describe("Its address."), ...more });
	const schema = z.union([url.transform((value) => map.parse({ url: value })), map]);
	wordings.add(schema, {
		expected: `${kind.expected}, or a map with url and more`,
		fix: () => `Write for example ${kind.example}`,
		address: true,
	});
	return schema;
}

const tls = keys({
	ca: path.describe("Certificates (PEM) of the authorities to trust, instead of the system's.").optional(),
	cert: path.describe("Our certificate (PEM), where the service asks for one.").optional(),
	key: path.describe("Its key (PEM).").optional(),
}).describe("Certificates for an encrypted connection.");

export const broker = service(
	{
		schemes: ["amqp", "amqps"],
		example: "amqp://lab:secret@broker.lab/watchrabbit",
		expected: "the URL of a RabbitMQ",
	},
	{
		partitions: wholeNumber(1, 256)
			.describe("Streams that the settled files are spread over; as many flow processes can work at a time.")
			.prefault(1),
		retention: keys({
			age: duration({ zero: false }).describe("Older messages may go.").prefault("7d"),
			size: size.describe("The oldest may go when a stream is larger.").prefault("10GB"),
		})
			.describe("How long the streams keep what was taken in.")
			.prefault({}),
		tls: tls.optional(),
	},
);

export const catalog = service(
	{
		schemes: ["postgres", "postgresql"],
		example: "postgres://lab:secret@db.lab/watchrabbit",
		expected: "the URL of a PostgreSQL database",
	},
	{
		connections: wholeNumber(2, 1000).describe("Connections of one process at most.").prefault(10),
		statementTimeout: duration({ zero: false }).describe("A statement that takes longer is ended.").prefault("30s"),
		tls: tls.optional(),
	},
);

export const objects = service(
	{ schemes: ["s3"], example: "s3://watchrabbit/lab-1", expected: "a bucket and a prefix as s3://bucket/prefix" },
	{
		endpoint: text
			.describe("Address of the S3 server, where it is not Amazon's.")
			.meta({ examples: ["https://s3.lab.example"] })
			.optional(),
		region: text.describe("The region; what the AWS environment says when left out.").optional(),
		pathStyle: z
			.boolean()
			.describe("The bucket in the path instead of the host's name; most servers but Amazon's want it.")
			.optional(),
		encryption: keys({
			kmsKey: text
				.describe("Encrypt with this key of the key service; with the server's own when left out.")
				.optional(),
		})
			.describe("Encryption by the server.")
			.optional(),
	},
);

export const cache = service(
	{
		schemes: ["redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"],
		example: "redis://cache.lab:6379/0",
		manyHosts: true,
		expected: "the URL of a Redis",
	},
	{
		sentinelPassword: secret
			.describe(
				"Of the sentinels, where they ask for one: that in the address is the server's. Best given as WATCHRABBIT_CACHE__SENTINELPASSWORD.",
			)
			.optional(),
		tls: tls.optional(),
	},
);

export const kafka = keys({
	brokers: list(text)
		.describe("Some of the cluster's servers, host:port each.")
		.meta({ examples: [["kafka-1.lab:9092"]] }),
	topics: kafkaTopic
		.describe("What the names of the topics begin with: NAME.jobs, NAME.results, NAME.measurements.")
		.prefault("watchrabbit"),
	login: keys({
		mechanism: choice(["plain", "scram-sha-256", "scram-sha-512"])
			.describe("SASL mechanism.")
			.prefault("scram-sha-512"),
		username: text.describe("Who we are."),
		password: secret.describe("Best given as WATCHRABBIT_KAFKA__LOGIN__PASSWORD."),
	})
		.describe("Where the cluster asks who we are.")
		.optional(),
	tls: tls.optional(),
});
