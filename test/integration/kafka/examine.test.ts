import { inspect } from "node:util";
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from "kafkajs";
import { afterAll, beforeAll, expect } from "vitest";
import { examineKafka } from "#connectors/kafka/examine.ts";
import { KafkaSource } from "#connectors/kafka/source.ts";
import { type KafkaServer, startKafka } from "#test/support/servers/kafka.ts";
import { assertOwn, describeWith, itWithOwn } from "#test/support/services.ts";

const topic = "plates";
const reading = [{ topic, group: "lab" }];

describeWith("kafka", "doctor's look at Kafka", () => {
	let server: KafkaServer;
	beforeAll(async () => {
		server = await startKafka();
		await administer((admin) => admin.createTopics({ topics: [{ topic }], waitForLeaders: true }));
	});
	afterAll(() => server.stop());

	type Admin = ReturnType<KafkaServer["client"]["admin"]>;
	async function administer(task: (admin: Admin) => Promise<unknown>): Promise<void> {
		const admin = server.client.admin();
		await admin.connect();
		await task(admin);
		await admin.disconnect();
	}

	/** What the user who is limited may do. */
	const allow = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes) =>
		administer((admin) =>
			admin.createAcls({
				acl: [
					{
						resourceType,
						resourceName,
						operation,
						resourcePatternType: ResourcePatternTypes.LITERAL,
						principal: "User:limited",
						host: "*",
						permissionType: AclPermissionTypes.ALLOW,
					},
				],
			}),
		);

	itWithOwn("kafka")("finds what is there and what is missing", async () => {
		const brokers = [new URL(server.url).host];
		const findings = await examineKafka({ brokers }, [...reading, { topic: "nowhere", group: "lab" }], []);
		expect(findings).toMatchObject([
			{ subject: "connection", state: "ok" },
			{ subject: "topic plates", state: "ok" },
			{ subject: "topic nowhere", state: "problem", fix: expect.stringContaining("Create it") },
		]);
	});

	itWithOwn("kafka")(
		"names a wrong password, an authority that is not trusted, and what is not encrypted",
		async () => {
			assertOwn(server.process);
			const { address, user, ca, password } = server.process.guarded;
			const login = { mechanism: "scram-sha-512", username: user, password } as const;
			const wrong = await examineKafka(
				{ brokers: [address], tls: { ca }, login: { ...login, password: "wr0ng" } },
				[],
				[],
			);
			expect(wrong).toMatchObject([{ state: "problem", fix: expect.stringContaining("password") }]);
			const untrusted = await examineKafka({ brokers: [address], tls: {}, login }, [], []);
			expect(untrusted).toMatchObject([{ state: "problem", fix: expect.stringContaining("tls: ca") }]);
			const open = await examineKafka({ brokers: [new URL(server.url).host], tls: { ca }, login }, [], []);
			expect(open).toMatchObject([{ state: "problem" }]);
			const told = inspect([wrong, untrusted, open], { depth: 20, showHidden: true });
			expect(told).not.toContain("wr0ng");
			expect(told).not.toContain(password);
		},
	);

	itWithOwn("kafka")("names the permission that is missing, of the topic and of the group", async () => {
		assertOwn(server.process);
		const { address, ca, password } = server.process.guarded;
		const login = { mechanism: "plain", username: server.process.limited, password } as const;
		const options = { brokers: [address], tls: { ca }, login };
		const unseen = await examineKafka(options, reading, []);
		expect(unseen[1]).toMatchObject({ state: "problem", says: expect.stringContaining("may not see it") });
		await allow(AclResourceTypes.TOPIC, topic, AclOperationTypes.DESCRIBE);
		const ungrouped = await examineKafka(options, reading, []);
		expect(ungrouped[1]).toMatchObject({ state: "problem", fix: expect.stringContaining("group lab") });
		const refusal = () =>
			new KafkaSource({ ...options, topic, groupId: "lab", messages: "announce" })
				.run(
					() => {},
					new AbortController().signal,
					() => {},
				)
				.catch((thrown: unknown) => thrown);
		const fix = expect.stringContaining("let the user read and describe the group");
		expect(await refusal()).toMatchObject({ code: "KAFKA_GROUP_UNREACHABLE", fix });
		await allow(AclResourceTypes.GROUP, "lab", AclOperationTypes.READ);
		expect(await refusal()).toMatchObject({ code: "KAFKA_PERMISSION_MISSING", class: "permanent" });
		await allow(AclResourceTypes.TOPIC, topic, AclOperationTypes.READ);
		expect((await examineKafka(options, reading, [])).map(({ state }) => state)).toEqual(["ok", "ok"]);
	});

	itWithOwn("kafka")("names the permission to write that is missing, and writes nothing to find out", async () => {
		assertOwn(server.process);
		const { address, ca, password } = server.process.guarded;
		const login = { mechanism: "plain", username: server.process.limited, password } as const;
		const options = { brokers: [address], tls: { ca }, login };
		const results = "lab.results";
		await administer((admin) => admin.createTopics({ topics: [{ topic: results }], waitForLeaders: true }));
		const look = async (topic = results) => (await examineKafka(options, [], [topic])).slice(1);
		const hidden = { state: "problem", says: expect.stringContaining("this user may not see it") };
		expect(await look()).toMatchObject([hidden]);
		await allow(AclResourceTypes.TOPIC, results, AclOperationTypes.DESCRIBE);
		const fix = expect.stringContaining(`write to the topic ${results}`);
		expect(await look()).toMatchObject([{ subject: `topic ${results}`, state: "problem", fix }]);
		await allow(AclResourceTypes.TOPIC, results, AclOperationTypes.WRITE);
		expect(await look()).toMatchObject([{ state: "ok", says: expect.stringContaining("may be written") }]);
		expect(await look("lab.jobs")).toMatchObject([hidden]);
		await allow(AclResourceTypes.TOPIC, "lab.jobs", AclOperationTypes.CREATE);
		expect(await look("lab.jobs")).toMatchObject([{ state: "ok", says: expect.stringContaining("may be created") }]);
		await administer(async (admin) => {
			expect(await admin.fetchTopicOffsets(results)).toMatchObject([{ low: "0", high: "0" }]);
			expect(await admin.listTopics()).not.toContain("lab.jobs");
		});
	});
});
