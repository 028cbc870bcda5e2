import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import amqp, { type ConsumeMessage } from "amqplib";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Finding } from "#cli/doctor/finding.ts";
import type { ListedResult } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { createServiceLab, type Services, startServices } from "#test/support/service-lab.ts";
import { describeWith } from "#test/support/services.ts";

describeWith(["rabbitmq", "postgres", "s3", "redis"], "roles as processes over one set of services", () => {
	let services: Services;
	let lab: Product;
	beforeAll(async () => {
		services = await startServices();
	});
	afterEach(() => lab.remove());
	afterAll(() => services.stop());

	const start = async (role: string): Promise<Running> => {
		const running = lab.start("up", "--roles", role);
		await running.says(/at work/);
		return running;
	};
	const write = async (prefix: string, count: number) => {
		for (let n = 0; n < count; n++) await lab.write(`data/${prefix}-${n}.csv`, `${prefix};${n}\n`);
	};
	const results = async (address: string): Promise<ListedResult[]> => {
		const answer = await fetch(`${address}/api/v1/results?limit=1000`);
		return ((await answer.json()) as { items: ListedResult[] }).items;
	};

	/** Jobs of which the stream behind the topic exchange tells this. */
	async function toldOf(routingKey: string): Promise<ReadonlySet<string>> {
		const connection = await amqp.connect(services.rabbitMq.url);
		try {
			const channel = await connection.createChannel();
			channel.on("error", () => {});
			await channel.prefetch(1_000);
			const jobs = new Set<string>();
			const take = (message: ConsumeMessage | null) => {
				if (message?.fields.routingKey === routingKey) jobs.add(message.properties.headers?.["cloudEvents:subject"]);
				if (message !== null) channel.ack(message);
			};
			await channel.consume("watchrabbit.jobs", take, { arguments: { "x-stream-offset": "first" } });
			await pause(1_000);
			return jobs;
		} finally {
			await connection.close();
		}
	}

	it("each file is analysed once, also when one of each is killed; the share of each is printed", async () => {
		lab = await createServiceLab(services);
		const watch = await start("watch");
		const serve = await start("serve");
		const flows = [await start("flow"), await start("flow")];
		const works = [await start("work"), await start("work"), await start("work")];
		const address = await serve.address();
		const reach = (count: number) =>
			eventually(
				async () => ((await results(address)).length >= count ? true : undefined),
				() =>
					`there are ${count} results; work says ${works.map(({ output }) => output.slice(-1_500)).join("\n---\n")}`,
				120_000,
			);

		for (const running of [watch, ...flows, ...works]) {
			const [, operations] = await running.says(/health and metrics are at (\S+?)\/health/);
			await eventually(
				async () => ((await fetch(`${operations}/health/ready`)).ok ? true : undefined),
				() => "every process says that it is ready",
			);
		}
		await write("before", 30);
		await reach(30);
		await write("during", 30);
		flows[0]?.child.kill("SIGKILL");
		works[0]?.child.kill("SIGKILL");
		await reach(60);

		const found = await results(address);
		expect(new Set(found.map(({ acquisition }) => acquisition.key)).size).toBe(60);
		expect(found).toHaveLength(60);
		// Other services follow without asking us.
		const told = await eventually(
			async () => {
				const completed = await toldOf("jobs.completed");
				return completed.size >= 60 ? completed : undefined;
			},
			() => "every completed job is told on the exchange",
		);
		expect(told.size).toBe(60);
		const shares = works.map(({ output }) => output.match(/analysed in/g)?.length ?? 0);
		console.info(`jobs by process: ${shares.join(", ")}; those of the first until it was killed`);
		for (const running of [watch, flows[1], works[1], works[2], serve]) {
			const { code, stderr } = (await running?.stop()) ?? {};
			expect(code, stderr).toBe(0);
		}
		const { stdout, stderr } = await lab.run("verify");
		expect(stdout, stderr).toContain("unaccounted: 0");
	});

	it("doctor says of each service that it can be used, and of a wrong one what is wrong and how to mend it", async () => {
		lab = await createServiceLab(services);
		const right = await lab.json<Finding>("doctor");
		const checked = right.filter(({ check }) => ["broker", "catalog", "objects", "cache"].includes(check));
		expect(new Set(checked.map(({ check }) => check)).size).toBe(4);
		expect(checked.filter(({ state }) => state === "problem")).toEqual([]);

		const config = await readFile(lab.path("watchrabbit.yaml"), "utf8");
		const [rabbit, database, redis] = [services.rabbitMq.url, services.postgres.url, services.redis.url].map(
			(url) => new URL(url).port,
		);
		const wrong = config
			.replace(/broker: .*/, `broker: amqp://guest:s3cret-1@127.0.0.1:${rabbit}`)
			.replace(/catalog: (.*\/)\w+$/m, "catalog: $1nowhere")
			.replace(/s3:\/\/[^/]+/, "s3://there-is-no-such-bucket")
			.replace(/cache: .*/, `cache: redis://:s3cret-2@127.0.0.1:${Number(redis) - 1}`);
		await lab.write("watchrabbit.yaml", wrong);
		const { code, stdout, stderr } = await lab.run("doctor");
		expect(code).toBe(1);
		expect(database).not.toBe("");
		expect(stdout).toMatch(/problem {2}broker.*\n.*user and password/);
		expect(stdout).toMatch(/problem {2}catalog.*nowhere.*\n.*createdb/);
		expect(stdout).toMatch(/problem {2}objects.*bucket/);
		expect(stdout).toMatch(/problem {2}cache/);
		expect(stdout + stderr).not.toMatch(/s3cret/);
	});
});
