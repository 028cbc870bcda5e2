import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createLab, type ListedResult } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { describeWith } from "#test/support/services.ts";

interface Readiness {
	readonly ok: boolean;
	readonly checks: readonly { readonly name: string; readonly state: string; readonly detail: string }[];
}

describeWith(["postgres", "rabbitmq"], "a process that starts before its services", () => {
	let postgres: PostgresServer;
	let rabbitMq: RabbitMq;
	let lab: Product | undefined;
	beforeAll(async () => {
		[postgres, rabbitMq] = await Promise.all([startPostgres(), startRabbitMq()]);
	});
	afterEach(async () => {
		await lab?.remove();
		lab = undefined;
	});
	afterAll(() => Promise.all([postgres.stop(), rabbitMq.stop()]));

	async function labOver(more: string): Promise<Product> {
		lab = await createLab({ more });
		return lab;
	}

	async function health(address: string, which: "live" | "ready"): Promise<Readiness> {
		return (await (await fetch(`${address}/health/${which}`)).json()) as Readiness;
	}

	it("waits for PostgreSQL, says so, is alive and not ready meanwhile, and then goes on by itself", async () => {
		if (postgres.process === undefined) return;
		const lab = await labOver(`catalog: ${await postgres.createDatabase()}`);
		await lab.write("data/plate.csv", "1;2;3\n");
		await postgres.process.kill();
		const up = lab.start("up");
		await up.says(/catalog is away: .*cannot be reached: .*ECONNREFUSED/);
		const address = await up.address();
		expect(await health(address, "live")).toMatchObject({ ok: true });
		expect(await health(address, "ready")).toMatchObject({
			ok: false,
			checks: [{ name: "catalog", state: "down", detail: expect.stringContaining("Check that PostgreSQL runs there") }],
		});
		await postgres.process.start();
		await up.says(/catalog is back/);
		await up.says(/at work/);
		await eventually(
			async () => (await lab.json<ListedResult>("list", "results"))[0],
			() => "the file is analysed",
		);
		expect((await up.stop()).code).toBe(0);
	});

	it("waits for RabbitMQ in the same way", async () => {
		const lab = await labOver(`broker: ${rabbitMq.url}`);
		await lab.write("data/plate.csv", "1;2;3\n");
		await rabbitMq.kill();
		const up = lab.start("up");
		await up.says(/is away: .*(ECONNREFUSED|cannot be reached)/);
		const address = await up.address();
		expect(await health(address, "live")).toMatchObject({ ok: true });
		expect((await health(address, "ready")).ok).toBe(false);
		await rabbitMq.startAgain();
		await up.says(/is back/);
		await eventually(
			async () => (await lab.json<ListedResult>("list", "results"))[0],
			() => "the file is analysed",
		);
		expect((await up.stop()).code).toBe(0);
	});

	it("ends in good order when it is told to while it waits", async () => {
		if (postgres.process === undefined) return;
		const lab = await labOver(`catalog: ${await postgres.createDatabase()}`);
		await postgres.process.kill();
		const up = lab.start("up");
		await up.says(/catalog is away/);
		expect(await up.stop()).toMatchObject({ code: 0, signal: null });
		await postgres.process.start();
	});

	it("ends at once, with what to do, where waiting does not help", async () => {
		const wrong = new URL(await postgres.createDatabase());
		wrong.pathname = "/no_such_database";
		const { code, stderr } = await (await labOver(`catalog: ${wrong.href}`)).run("up");
		expect(code).not.toBe(0);
		expect(stderr).toContain("Create it (createdb");
	});
});
