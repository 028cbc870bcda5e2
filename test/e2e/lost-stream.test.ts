import { readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import amqp from "amqplib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createLab, type ListedResult, listed, type Why } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { assertOwn, describeWith, itWithOwn } from "#test/support/services.ts";

describeWith("rabbitmq", "a stream that is deleted", () => {
	let rabbitMq: RabbitMq;
	let lab: Product;
	const written: string[] = [];
	beforeAll(async () => {
		rabbitMq = await startRabbitMq();
	});
	afterAll(() => rabbitMq.stop());
	beforeEach(async () => {
		written.length = 0;
		lab = await createLab({ more: `broker: ${rabbitMq.url}` });
	});
	afterEach(async () => {
		await lab.remove();
		await deleteStream();
	});

	async function deleteStream(): Promise<void> {
		const connection = await amqp.connect(rabbitMq.url);
		const channel = await connection.createChannel();
		await channel.deleteQueue("watchrabbit.files");
		await connection.close();
	}

	async function write(name: string, count: number): Promise<void> {
		for (let n = 0; n < count; n++) {
			await lab.write(`data/${name}-${n}.csv`, `${name};${n}\n`);
			written.push(`${name}-${n}.csv`);
		}
	}

	async function start(...args: string[]): Promise<Running> {
		const running = lab.start("up", ...args);
		await running.says(/at work/);
		return running;
	}

	/** Every file that was written has its result, and one. */
	async function allAnalysed(running: Running): Promise<void> {
		const results = await listed<ListedResult>(
			await running.address(),
			"results",
			(items) => items.length >= written.length,
			60_000,
		).catch((cause: unknown) => {
			throw new Error(running.output.slice(-3_000), { cause });
		});
		expect(results.map(({ acquisition }) => acquisition.key).sort()).toEqual([...written].sort());
	}

	async function end(running: Running): Promise<void> {
		const { code, stderr } = await running.stop();
		expect(code, stderr).toBe(0);
	}

	async function isAccountedFor(): Promise<void> {
		const { stdout, stderr } = await lab.run("verify");
		expect(stdout, stderr).toContain("unaccounted: 0");
	}

	it("while it is read and written, loses nothing, and nothing is analysed twice", async () => {
		const running = await start();
		await write("before", 5);
		await allAnalysed(running);
		for (const round of ["first", "second"]) {
			const writing = write(round, 15);
			await running.says(new RegExp(`${round}-\\d+.csv is complete`));
			await deleteStream();
			await writing;
			await allAnalysed(running);
		}
		await write("after", 3);
		await allAnalysed(running);
		expect(running.output).toContain("LOG_REPLACED");
		await end(running);
		await isAccountedFor();
	});

	it("with events in it that nobody had read, loses nothing, however many come into the new one", async () => {
		let running = await start();
		await write("before", 4);
		await allAnalysed(running);
		await end(running);
		running = await start("--roles", "watch");
		await write("unread", 3);
		await running.says(/(?:unread-\d.csv is complete[\s\S]*){3}/);
		await deleteStream();
		await write("more", 12);
		await running.says(/(?:more-\d+.csv is complete[\s\S]*){12}/);
		await end(running);
		running = await start();
		await allAnalysed(running);
		await end(running);
		await isAccountedFor();
	});

	it("while nobody is connected, and before anything was ever read, loses nothing", async () => {
		let running = await start("--roles", "watch");
		await write("unread", 3);
		await running.says(/(?:unread-\d.csv is complete[\s\S]*){3}/);
		await end(running);
		await deleteStream();
		running = await start();
		await allAnalysed(running);
		await end(running);
		await deleteStream();
		await write("later", 2);
		const untilIdle = lab.start("up", "--until-idle");
		await untilIdle.says(/"msg":"ended"/);
		expect((await untilIdle.ended).code).toBe(0);
		running = await start();
		await allAnalysed(running);
		await end(running);
		await isAccountedFor();
	});

	it("with events of files that were truncated, written anew or removed meanwhile, ends each as what is there says", async () => {
		let running = await start("--roles", "watch");
		await write("kept", 3);
		for (const name of ["truncated", "emptied", "anew", "removed"]) await lab.write(`data/${name}.csv`, `${name};1\n`);
		await running.says(/(?:\.csv is complete[\s\S]*){7}/);
		await end(running);
		await deleteStream();
		truncateSync(lab.path("data/truncated.csv"), 4);
		truncateSync(lab.path("data/emptied.csv"), 0);
		await lab.write("data/anew.csv", "another;2\n");
		rmSync(lab.path("data/removed.csv"));
		running = await start();
		const address = await running.address();
		const bytes = await listed<ListedResult>(address, "results?state=current", (items) => items.length >= 6, 60_000);
		const sizes = bytes.map(({ acquisition: { key, members } }) => [key, members[0]?.size]);
		expect(Object.fromEntries(sizes)).toEqual({
			...{ "kept-0.csv": 7, "kept-1.csv": 7, "kept-2.csv": 7 },
			...{ "truncated.csv": 4, "emptied.csv": 0, "anew.csv": 10 },
		});
		const removed = await eventually(
			async () => {
				const [why] = await lab.json<Why>("why", "data/removed.csv");
				const now = why?.events.at(-1)?.detail;
				return now?.includes("dead") ? now : undefined;
			},
			() => "the removed file is told of",
		);
		expect(removed).toMatch(/INPUT_MISSING.*it has not been there since/);
		await end(running);
		expect(await lab.json("list", "results")).toHaveLength(6);
		await isAccountedFor();
	});

	/** As a power cut leaves them that comes before the last of it was written down. */
	function cutSegments(directory: string): number {
		const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
		const segments = files.filter((file) => /watchrabbit.files.*\.segment$/.test(file));
		for (const segment of segments) {
			const file = join(directory, segment);
			truncateSync(file, Math.floor(statSync(file).size * 0.6));
		}
		return segments.length;
	}

	itWithOwn("rabbitmq")(
		"that lost its end on the disk of the server, which had confirmed it, loses nothing",
		async () => {
			assertOwn(rabbitMq.data);
			let running = await start();
			await write("before", 2);
			await allAnalysed(running);
			await end(running);
			running = await start("--roles", "watch");
			for (const round of ["one", "two", "three"]) {
				await write(round, 3);
				await running.says(new RegExp(`(?:${round}-\\d.csv is complete[\\s\\S]*){3}`));
			}
			await end(running);
			await rabbitMq.kill();
			expect(cutSegments(rabbitMq.data)).toBe(1);
			await rabbitMq.startAgain();
			running = await start();
			await allAnalysed(running);
			expect(running.output).toContain("units.republished");
			await end(running);
			await isAccountedFor();
		},
	);
});
