import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { explain } from "#config/explain.ts";
import { minimal, refusal, workspace } from "#test/support/config-workspace.ts";

const oneLineEach = `${minimal}broker: amqp://lab:s3cret@broker/v
catalog: postgres://lab:s3cret@db/watchrabbit
objects: s3://bucket/some/prefix
cache: redis://:s3cret@cache:6379/1
`;

describe("services", () => {
	test("take one line each", async () => {
		const { settings } = await workspace().load(oneLineEach);
		expect(settings.services).toEqual({
			broker: {
				url: "amqp://lab:s3cret@broker/v",
				partitions: 1,
				retention: { ageMs: 7 * 24 * 3_600_000, bytes: 10_000_000_000 },
				tls: undefined,
			},
			catalog: {
				url: "postgres://lab:s3cret@db/watchrabbit",
				connections: 10,
				statementTimeoutMs: 30_000,
				tls: undefined,
			},
			objects: {
				bucket: "bucket",
				prefix: "some/prefix/",
				endpoint: undefined,
				region: undefined,
				pathStyle: false,
				encryption: undefined,
			},
			cache: { url: "redis://:s3cret@cache:6379/1", sentinelPassword: undefined, tls: undefined },
			kafka: undefined,
		});
	});

	test("take a map where more is to be said", async () => {
		const { directory, load } = workspace();
		const { settings } = await load(`${minimal}broker:
  url: amqps://broker
  partitions: 4
  retention: { age: 1d }
  tls: { ca: ca.pem }
objects:
  url: s3://bucket
  endpoint: http://127.0.0.1:8333
  encryption: { kmsKey: lab }
`);
		const { broker, objects, catalog } = settings.services;
		expect(broker).toMatchObject({
			partitions: 4,
			retention: { ageMs: 86_400_000, bytes: 10_000_000_000 },
			tls: { ca: join(directory, "ca.pem"), cert: undefined, key: undefined },
		});
		expect(objects).toEqual({
			bucket: "bucket",
			prefix: "",
			endpoint: "http://127.0.0.1:8333",
			region: undefined,
			pathStyle: true,
			encryption: { kmsKey: "lab" },
		});
		expect(catalog).toBeUndefined();
	});

	test("Kafka takes servers, and a login whose password may come from the environment", async () => {
		const yaml = `${minimal}kafka: { brokers: [k1:9092], login: { username: lab, password: from-the-file } }\n`;
		const { settings, effective } = await workspace().load(yaml, { WATCHRABBIT_KAFKA__LOGIN__PASSWORD: "s3cret" });
		expect(settings.services.kafka).toEqual({
			brokers: ["k1:9092"],
			topicPrefix: "watchrabbit",
			login: { mechanism: "scram-sha-512", username: "lab", password: "s3cret" },
			tls: undefined,
		});
		const shown = explain(effective).find(({ key }) => key === "kafka.login.password");
		expect(shown?.value).toBe("***");
	});

	test("a source may be told of files by a topic of it, in a group of its own, and what is being written is no file", async () => {
		const yaml = minimal.replace("{ watch: in }", "{ watch: in, kafka: { topic: plates, form: carry } }");
		const { settings } = await workspace().load(`${yaml}kafka: { brokers: [k1:9092] }\n`);
		const [source] = settings.sources;
		expect(source?.kafka).toEqual({ topic: "plates", form: "carry", group: `watchrabbit.plates.${source?.name}` });
		expect(source?.exclude).toContain(".tmp/**");
	});

	test("sentinels may have a password of their own, which is not shown", async () => {
		const yaml = `${minimal}cache: { url: "redis+sentinel://:p@a/lab", sentinelPassword: theirs }\n`;
		const { settings, effective } = await workspace().load(yaml);
		expect(settings.services.cache?.sentinelPassword).toBe("theirs");
		expect(explain(effective).find(({ key }) => key === "cache.sentinelPassword")?.value).toBe("***");
	});

	test("of Redis may have several hosts", async () => {
		for (const url of ["redis+cluster://:p@a:1,b:2", "rediss+sentinel://a:26379,b/lab/1"]) {
			const { settings } = await workspace().load(`${minimal}cache: ${url}\n`);
			expect(settings.services.cache?.url).toBe(url);
		}
	});

	test("come from the environment as well", async () => {
		const { settings } = await workspace().load(minimal, { WATCHRABBIT_BROKER: "amqp://elsewhere" });
		expect(settings.services.broker?.url).toBe("amqp://elsewhere");
	});

	test.each([
		["broker: http://broker", "broker: it must begin with amqp:// or amqps://"],
		["broker: broker.lab", "broker: it must be the URL of a RabbitMQ"],
		["objects: my-bucket", "objects: it must be a bucket and a prefix as s3://bucket/prefix"],
		["catalog: { url: 5 }", "catalog.url must be the URL of a PostgreSQL database, not the number 5"],
		["cache: { url: redis://a, tsl: {} }", 'unknown key "tsl" in cache'],
		["broker: { partitions: 0, url: amqp://a }", "broker.partitions must be a whole number from 1 to 256"],
	])("are refused with what to write instead: %s", async (line, said) => {
		expect(await refusal(`${minimal}${line}\n`)).toContain(said);
	});
});

describe("a password in an address", () => {
	test("is covered by `config explain`", async () => {
		const { effective } = await workspace().load(oneLineEach, { WATCHRABBIT_CACHE: "redis://:0ther-s3cret@cache" });
		const shown = explain(effective);
		expect(JSON.stringify(shown.map(({ key, value }) => [key, value]))).not.toContain("s3cret");
		expect(shown.find(({ key }) => key === "broker")?.value).toBe("amqp://lab:***@broker/v");
	});

	test("is covered in what is said of a configuration that is refused", async () => {
		const wrong = `${minimal}broker: http://lab:s3cret@broker\ncatalog: [postgres://lab:s3cret@db]\n`;
		const said = await refusal(wrong, { WATCHRABBIT_CACHE: "http://:s3cret@cache" });
		expect(said).toContain("WATCHRABBIT_CACHE=http://:***@cache");
		expect(said).not.toContain("s3cret");
	});
});
