import { readFile, symlink } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Finding } from "#cli/doctor/finding.ts";
import { spanId, startTrace, traceId } from "#core/trace.ts";
import { countingScript, createLab, type ListedResult, listed } from "#test/support/lab.ts";
import { eventually, Product, type Running } from "#test/support/product.ts";
import { orphansIn } from "#test/support/received-traces.ts";
import { type KafkaServer, startKafka } from "#test/support/servers/kafka.ts";
import { startOtlpReceiver } from "#test/support/servers/otlp-receiver.ts";
import { describeWith } from "#test/support/services.ts";

interface Letter {
	readonly queue: string;
	readonly body: string;
	readonly reason: string;
	readonly headers: Readonly<Record<string, string>>;
}

/** What is larger than a megabyte the broker refuses itself. */
const largest = 900_000;
const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

describeWith(["kafka", "r", "otlp"], "files that come over Kafka", () => {
	let kafka: KafkaServer;
	let lab: Product;
	let number = 0;
	let announcing: string;
	let carrying: string;

	beforeAll(async () => {
		kafka = await startKafka();
	});
	afterEach(() => lab.remove());
	afterAll(() => kafka.stop());

	async function createTopics(...topics: readonly string[]): Promise<void> {
		const admin = kafka.client.admin();
		await admin.connect();
		await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 2 })), waitForLeaders: true });
		await admin.disconnect();
	}

	async function send(topic: string, ...messages: readonly Message[]): Promise<void> {
		const producer = kafka.client.producer();
		await producer.connect();
		for (const message of messages) await producer.send({ topic, messages: [message] });
		await producer.disconnect();
	}

	async function committed(topic: string): Promise<number> {
		const admin = kafka.client.admin();
		await admin.connect();
		const [offsets] = await admin.fetchOffsets({ groupId: `watchrabbit.${topic}.shared`, topics: [topic] });
		await admin.disconnect();
		return (offsets?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
	}

	/** A lab with a source that is told of its files, and one that they are sent to. */
	async function createKafkaLab(more = ""): Promise<void> {
		[announcing, carrying] = [`announced-${++number}`, `carried-${number}`];
		lab = await Product.create({
			"watchrabbit.yaml": `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  shared:
    watch: ./shared
    complete: { quiet: 200ms }
    kafka: { topic: ${announcing} }
  sent:
    watch: ./sent
    complete: { quiet: 200ms }
    kafka: { topic: ${carrying}, form: carry }
pipelines:
  of-shared: { from: shared, analysis: ./count.R }
  of-sent: { from: sent, analysis: ./count.R }
kafka: { brokers: ["${new URL(kafka.url).host}"] }
${more}
`,
			"count.R": countingScript,
			"shared/.keep": "",
			"sent/.keep": "",
		});
	}

	const results = (up: string, hoped: number) => listed<ListedResult>(up, "results", (items) => items.length >= hoped);
	const announced = (path: string): Message => ({ value: JSON.stringify({ path }) });
	const carried = (name: string, value: string | Buffer): Message => ({ value, headers: { name } });

	it("become results in both forms, each once, also when the process is killed in between", async () => {
		await createKafkaLab();
		await createTopics(announcing, carrying);
		const first = lab.start("up");
		await first.says(/at work/);
		for (let n = 0; n < 10; n++) {
			await lab.write(`shared/run/before-${n}.csv`, `shared before ${n}\n`);
			await send(announcing, announced(`run/before-${n}.csv`));
			await send(carrying, carried(`run/before-${n}.csv`, `sent before ${n}\n`));
		}
		first.child.kill("SIGKILL");
		await first.ended;
		for (let n = 0; n < 10; n++) {
			await lab.write(`shared/run/after-${n}.csv`, `shared after ${n}\n`);
			await send(announcing, announced(`run/after-${n}.csv`));
			await send(carrying, carried(`run/after-${n}.csv`, `sent after ${n}\n`));
		}
		const second: Running = lab.start("up");
		const address = await second.address();
		await results(address, 40);
		// Twice, and another content under a name that is known: the last one of a name is what stays.
		await send(carrying, carried("run/after-0.csv", "sent after 0\n"));
		await send(carrying, carried("new.csv", "one\n"), carried("new.csv", "another\n"));
		await eventually(
			async () => {
				const [why] = await lab.json<{ state: string }>("why", "sent/new.csv");
				return why?.state === "analysed" ? true : undefined;
			},
			() => "the new file is analysed",
		);
		const found = await listed<ListedResult>(
			address,
			"results?state=current",
			(items) => items.filter(({ acquisition }) => acquisition.key === "new.csv").length > 0,
		);
		const current = found.filter(({ state }) => state === "current");
		expect(new Set(current.map(({ pipeline, acquisition }) => `${pipeline} ${acquisition.key}`)).size).toBe(41);
		expect(current).toHaveLength(41);
		const { code, stderr } = await second.stop();
		expect(code, stderr.slice(-2_000)).toBe(0);
		const { stdout, stderr: told } = await lab.run("verify");
		expect(stdout, told).toContain("unaccounted: 0");
	});

	it("go on in the trace of their message, below its sender's span; one that is no trace is as none", async () => {
		const receiver = await startOtlpReceiver();
		try {
			await createKafkaLab(`telemetry: { traces: { otlp: "${receiver.url}" } }`);
			await createTopics(announcing, carrying);
			const up = lab.start("up");
			const address = await up.address();
			const [told, sent] = [startTrace(), startTrace()];
			const noTrace = `00-${"0".repeat(32)}-${spanId(told)}-01`;
			await send(carrying, { ...carried("own.csv", "own\n"), headers: { traceparent: noTrace, name: "own.csv" } });
			await lab.write("shared/first.csv", "first\n");
			await send(announcing, announced("first.csv"));
			// Both topics are heard by now: what is told of is told of before it has settled.
			await results(address, 2);
			await lab.write("shared/told.csv", "told\n");
			await send(announcing, { ...announced("told.csv"), headers: { ...told } });
			await send(carrying, { ...carried("sent.csv", "sent\n"), headers: { ...sent, name: "sent.csv" } });
			const found = await listed<ListedResult & { traceId: string }>(address, "results", (items) => items.length === 4);
			const traceOf = (key: string) => found.find(({ acquisition }) => acquisition.key === key)?.traceId;
			expect([traceOf("told.csv"), traceOf("sent.csv")]).toEqual([traceId(told), traceId(sent)]);
			expect(traceOf("own.csv")).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
			expect((await lab.run("why", "sent/sent.csv")).stdout).toContain(`trace ${traceId(sent)}`);
			expect((await up.stop()).code).toBe(0);
			for (const trace of [told, sent]) {
				const below = receiver.spans.filter(({ parentSpanId }) => parentSpanId === spanId(trace));
				expect(below.map((span) => `${span.name} ${span.traceId}`)).toEqual([`acquire ${traceId(trace)}`]);
			}
			const orphans = orphansIn(receiver.spans).sort();
			expect(orphans).toEqual([`acquire of ${traceId(told)}`, `acquire of ${traceId(sent)}`].sort());
		} finally {
			await receiver.stop();
		}
	});

	it("are analysed by a run that ends when nothing is left to do", async () => {
		await createKafkaLab();
		await createTopics(announcing, carrying);
		await send(carrying, ...Array.from({ length: 20 }, (_, n) => carried(`${n}.csv`, `sent ${n}\n`)));
		const { code, stderr } = await lab.run("up", "--until-idle");
		expect(code, stderr.slice(-2_000)).toBe(0);
		expect(await lab.json("list", "results")).toHaveLength(20);
	});

	it("that are announced before they are there hold up none behind them, and wait over a kill; what never comes is kept whole", async () => {
		await createKafkaLab();
		await createTopics(announcing, carrying);
		const key = "all in one partition";
		const first = lab.start("up");
		const address = await first.address();
		await send(announcing, { ...announced("run/late.csv"), key });
		for (let n = 0; n < 20; n++) await lab.write(`shared/run/${n}.csv`, `shared ${n}\n`);
		const nearlyOver = String(Date.now() - 600_000 + 30_000);
		const never = { ...announced("run/never.csv"), key, headers: { from: "an instrument" }, timestamp: nearlyOver };
		await send(announcing, never, ...Array.from({ length: 20 }, (_, n) => ({ ...announced(`run/${n}.csv`), key })));
		await results(address, 20);
		await eventually(
			async () => ((await committed(announcing)) === 22 ? true : undefined),
			() => "all offsets are committed",
		);
		first.child.kill("SIGKILL");
		await first.ended;
		const second = lab.start("up", "--until-idle");
		await second.says(/at work/);
		await lab.write("shared/run/late.csv", "shared late\n");
		// It waits for what never comes, and a message was buried meanwhile.
		expect((await second.ended).code, second.output.slice(-2_000)).toBe(1);
		expect(await lab.json("list", "results")).toHaveLength(21);
		expect(await lab.json<Letter>("list", "dead")).toMatchObject([
			{
				queue: `kafka:${announcing}`,
				body: never.value,
				reason: expect.stringMatching(/never\.csv was announced and is not there after 10 minutes/),
				headers: { from: "an instrument", key },
			},
		]);
	}, 120_000);

	it("that nobody can take are kept whole with their reason, listed, and the rest flows on", async () => {
		await createKafkaLab();
		await createTopics(announcing, carrying);
		await lab.write("outside/a.csv", "outside\n");
		for (const source of ["shared", "sent"]) await symlink(lab.path("outside"), lab.path(`${source}/link`));
		const up = lab.start("up");
		const address = await up.address();
		const hostile: readonly [topic: string, message: Message, why: RegExp][] = [
			[announcing, { value: "" }, /not JSON/],
			[announcing, { value: null }, /not JSON/],
			[announcing, { value: Buffer.from([0xff, 0xfe, 0x00]) }, /not JSON/],
			[announcing, { value: '{"path": "a' }, /not JSON/],
			[announcing, { value: nested }, /not JSON with a path/],
			[announcing, { value: '{"path": 7}' }, /not JSON with a path/],
			[announcing, { value: '{"__proto__": {"path": "a.csv"}}' }, /not JSON with a path/],
			[announcing, announced("../../etc/passwd"), /"\.\."/],
			[announcing, announced("/etc/passwd"), /begins or ends with/],
			[announcing, announced("nul\0.csv"), /NUL/],
			[announcing, announced("link/a.csv"), /link\/a\.csv leads through the link \S+\/shared\/link/],
			[carrying, carried("link/a.csv", "x"), /link\/a\.csv leads through the link \S+\/sent\/link/],
			[announcing, announced("x".repeat(largest)), /longer than/],
			[carrying, { value: "no name" }, /no name/],
			[carrying, { value: null, key: "a.csv" }, /no file/],
			[carrying, carried("../out.csv", "x"), /"\.\."/],
			[carrying, carried(".tmp/a.csv", "x"), /unfinished/],
			[carrying, carried("x".repeat(300), "x"), /longer than/],
		];
		for (const [topic, message] of hostile) {
			await send(topic, { ...message, headers: { ...message.headers, from: "a stranger" } });
		}
		await expect(send(announcing, announced("x".repeat(1_100_000)))).rejects.toThrow(/larger than|too large/i);
		await lab.write("shared/good.csv", "shared\n");
		await send(announcing, announced("good.csv"), announced("good.csv"));
		await send(carrying, carried("good.csv", "sent\n"));
		await results(address, 2);
		const letters = await eventually(
			async () => {
				const dead = await lab.json<Letter>("list", "dead");
				return dead.length >= hostile.length ? dead : undefined;
			},
			() => `the dead letters are listed; it says ${up.output.slice(-2_000)}`,
		);
		expect(letters).toHaveLength(hostile.length);
		for (const [topic, { value }, why] of hostile) {
			const bytes = Buffer.from(value ?? "");
			const body = Buffer.from(bytes.toString()).equals(bytes)
				? bytes.toString()
				: `base64:${bytes.toString("base64")}`;
			const letter = letters.find((one) => one.queue === `kafka:${topic}` && one.body === body && why.test(one.reason));
			expect(letter, `${topic}, ${why}: ${body.slice(0, 100)}`).toMatchObject({ headers: { from: "a stranger" } });
		}
		expect(await readFile(lab.path("outside/a.csv"), "utf8")).toBe("outside\n");
		expect((await up.stop()).code).toBe(0);
	});

	it("doctor says what is wrong with Kafka, and how to mend it", async () => {
		await createKafkaLab();
		await createTopics(announcing);
		const findings = async () => (await lab.json<Finding>("doctor")).filter(({ check }) => check === "kafka");
		const mayBeWritten = (topic: string) => ({ subject: `topic ${topic}`, state: "ok" });
		expect((await lab.run("doctor", "--json")).stdout).toContain(`topic ${carrying}`);
		await createTopics(carrying);
		expect(await findings()).toMatchObject([
			{ subject: "connection", state: "ok" },
			{ subject: `topic ${announcing}`, state: "ok" },
			{ subject: `topic ${carrying}`, state: "ok" },
			...["watchrabbit.jobs", "watchrabbit.results", "watchrabbit.measurements"].map(mayBeWritten),
			...[announcing, carrying].map((topic) => mayBeWritten(`${topic}.dead`)),
		]);
	});

	it("neither what is embedded nor a Kafka that is not configured loads the library", async () => {
		lab = await createLab({ environment: { NODE_OPTIONS: `--import ${loadedModules}` } });
		await lab.write("data/a.csv", "1\n");
		const { code, stderr } = await lab.run("up", "--until-idle");
		expect(code, stderr.slice(-2_000)).toBe(0);
		expect(stderr).toContain("loaded: none of kafkajs");
	});
});

interface Message {
	readonly value: string | Buffer | null;
	readonly key?: string;
	readonly headers?: Record<string, string>;
	readonly timestamp?: string;
}

/** Says at the end whether kafkajs was loaded: it is made of CommonJS modules, which Node lists. */
const loadedModules = `data:text/javascript,${encodeURIComponent(`import { createRequire } from "node:module";
const require = createRequire("file:///");
process.on("exit", () => {
	const loaded = Object.keys(require.cache).filter((file) => file.includes("/kafkajs/"));
	console.error("loaded: " + (loaded.length === 0 ? "none" : loaded.length) + " of kafkajs");
});`)}`;
