import { expect, it } from "vitest";
import { declareConfig } from "#config/schema.ts";
import { secretKeys, secretsIn, secretsOfEnvironment } from "#config/secrets-in.ts";

const schema = declareConfig();

it("secret are the values of keys that are declared so, and the passwords in addresses", () => {
	const value = {
		broker: "amqp://lab:p%40ss@broker.lab",
		catalog: { url: "postgres://db.lab/lab?user=lab&password=hidden" },
		cache: { url: "redis://:one@cache.lab", sentinelPassword: "two" },
		kafka: { brokers: ["k:9092"], login: { username: "lab", password: "three" } },
		objects: "s3://bucket/prefix",
		pipelines: { elisa: { params: { password: "of the lab's own" } } },
	};
	expect(new Set(secretsIn(schema, value))).toEqual(new Set(["p%40ss", "p@ss", "hidden", "one", "two", "three"]));
});

it("a password that is a name as well is none: covered, it would take the name with it", () => {
	expect(secretsIn(schema, { broker: "amqp://guest:guest@broker.lab" })).toEqual([]);
});

it("what holds a secret is known from the declaration alone", () => {
	const paths = secretKeys(schema, {}).map(({ path }) => path.join("."));
	expect(paths).toEqual(expect.arrayContaining(["broker.url", "catalog.url", "cache.sentinelPassword"]));
});

it("the environment holds some that libraries take by themselves", () => {
	const env = {
		AWS_SECRET_ACCESS_KEY: "key",
		OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x,tenant=lab",
		HOME: "not",
	};
	expect(secretsOfEnvironment(env)).toEqual(["key", "Bearer%20x", "Bearer x", "lab", "lab"]);
});
