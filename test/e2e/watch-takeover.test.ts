import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type ListedFile, type ListedResult, listed, type Why } from "#test/support/lab.ts";
import type { Product, Running } from "#test/support/product.ts";
import { createServiceLab, type Services, startServices } from "#test/support/service-lab.ts";
import { describeWith } from "#test/support/services.ts";

describeWith(["rabbitmq", "postgres", "s3", "redis"], "two watch processes on one share", () => {
	let services: Services;
	let lab: Product;
	beforeAll(async () => {
		services = await startServices();
	});
	afterEach(() => lab.remove());
	afterAll(() => services.stop());

	const start = async (...args: string[]): Promise<Running> => {
		const running = lab.start("up", ...args);
		await running.says(/at work/);
		return running;
	};
	const health = async (running: Running) => {
		const [, operations] = await running.says(/health and metrics are at (\S+?)\/health/);
		const answer = await fetch(`${operations}/health/ready`);
		return { ready: answer.ok, text: await answer.text() };
	};
	const metric = async (running: Running, state: string) => {
		const [, operations] = await running.says(/health and metrics are at (\S+?)\/health/);
		const text = await (await fetch(`${operations}/metrics`)).text();
		return [...text.matchAll(new RegExp(`watchrabbit_files{source="\\w+",state="${state}"} (\\d+)`, "g"))].map(
			([, n]) => Number(n),
		);
	};
	const write = async (name: string, count: number) => {
		for (let n = 0; n < count; n++) await lab.write(`data/${name}-${n}.csv`, `${name};${n}\n`);
	};
	const settledBy = ({ output }: Running) => output.match(/\S+\.csv is complete/g)?.length ?? 0;

	it("the second takes over when the first is killed: no file is read or analysed twice, and none is missed", async () => {
		lab = await createServiceLab(services);
		const config = await readFile(lab.path("watchrabbit.yaml"), "utf8");
		await lab.write("second.yaml", config.replace("data: ./state", "data: ./second-state"));
		const others = await start("--roles", "flow,work,serve");
		const address = await others.address();
		const all = (count: number) =>
			listed<ListedResult>(address, "results", (items) => items.length >= count, 60_000).catch((cause: unknown) => {
				throw new Error(others.output.slice(-3_000), { cause });
			});

		const first = await start("--roles", "watch");
		await write("before", 10);
		await all(10);
		const second = await start("--roles", "watch", "--config", "second.yaml");
		await second.says(/stands by, .* is watched by /);
		expect(await health(second)).toMatchObject({ ready: true, text: expect.stringContaining("stands by") });
		await write("during", 5);
		await all(15);
		expect([settledBy(first), settledBy(second)]).toEqual([15, 0]);

		first.child.kill("SIGKILL");
		await write("after", 5);
		await second.says(/takes over/, 15_000);
		const results = await all(20);
		expect(new Set(results.map(({ acquisition }) => acquisition.key)).size).toBe(20);
		expect(results).toHaveLength(20);
		await second.says(/known to the catalog, and not read again/);
		expect(settledBy(second)).toBe(5);
		const files = async () => await lab.json<ListedFile>("list", "files", "--config", "second.yaml");
		await expect
			.poll(async () => (await files()).filter(({ state }) => state === "analysed").length, { timeout: 15_000 })
			.toBe(20);

		// It is given up at once, not when its time is over.
		const again = await start("--roles", "watch");
		await again.says(/stands by/);
		const stoppedAt = performance.now();
		expect((await second.stop()).code).toBe(0);
		await again.says(/takes over/, 5_000);
		console.info(`taken over ${Math.round(performance.now() - stoppedAt)} ms after SIGTERM`);
		await write("last", 2);
		expect(await all(22)).toHaveLength(22);
		for (const running of [again, others]) expect((await running.stop()).code).toBe(0);
		const { stdout, stderr } = await lab.run("verify");
		expect(stdout, stderr).toContain("unaccounted: 0");

		// The one that gave it up says who has it, and tells nothing from its old ledger.
		const holder = await start("--roles", "watch");
		const [there = 0] = (await metric(holder, "analysed")).slice(-1);
		expect(there).toBe(22);
		const standby = await start("--roles", "watch", "--config", "second.yaml");
		await standby.says(/stands by/);
		expect(await metric(standby, "analysed")).toEqual([]);
		const given = await lab.run("verify", "--config", "second.yaml");
		expect(given.stdout, given.stderr).toMatch(/instrument: it is watched by \S+; its files[\s\S]*unaccounted: 0/);
		expect(given.stdout).not.toContain("analysed");
		for (const running of [standby, holder]) expect((await running.stop()).code).toBe(0);
		const [old] = await lab.json<Why>("why", "data/last-1.csv", "--config", "second.yaml");
		expect(old?.events.at(-1)?.detail).toMatch(/has result .*told by the catalog/);

		// A host that watches nothing tells what the catalog knows, and that it is the catalog that does.
		await lab.write("third.yaml", config.replace("data: ./state", "data: ./third-state"));
		const elsewhere = await lab.json<ListedFile & { readonly toldBy: string }>(
			"list",
			"files",
			"--config",
			"third.yaml",
		);
		expect(elsewhere).toHaveLength(22);
		for (const file of elsewhere) expect(file).toMatchObject({ state: "analysed", toldBy: "catalog" });
		const [why] = await lab.json<Why>("why", "data/after-1.csv", "--config", "third.yaml");
		expect(why?.state).toBe("analysed");
		expect(why?.events.map(({ what }) => what)).toEqual(expect.arrayContaining(["acquired", "completed", "now"]));
		expect(why?.events.at(-1)?.detail).toMatch(/has result .*told by the catalog/);
		const verified = await lab.run("verify", "--config", "third.yaml");
		expect(verified.stdout, verified.stderr).toMatch(/instrument: no watch of this host has it[\s\S]*unaccounted: 0/);
	});
});
