import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createLab, type ListedResult } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import type { S3Server } from "#test/support/servers/buckets.ts";
import { LateService } from "#test/support/servers/late-service.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { startS3 } from "#test/support/servers/s3.ts";
import { describeWith } from "#test/support/services.ts";

interface Readiness {
	readonly ok: boolean;
	readonly checks: readonly { readonly name: string; readonly state: string; readonly detail: string }[];
}

describeWith(["postgres", "rabbitmq", "s3"], "a process that starts before its services", () => {
	let postgres: PostgresServer;
	let rabbitMq: RabbitMq;
	let s3: S3Server;
	let lab: Product | undefined;
	let service: LateService | undefined;
	beforeAll(async () => {
		[postgres, rabbitMq, s3] = await Promise.all([startPostgres(), startRabbitMq(), startS3()]);
	});
	afterEach(async () => {
		await lab?.remove();
		await service?.end();
		[lab, service] = [undefined, undefined];
	});
	afterAll(() => Promise.all([postgres.stop(), rabbitMq.stop(), s3.stop()]));

	/** With a file that waits to be analysed. */
	async function labOver(more: string, environment: NodeJS.ProcessEnv = {}): Promise<Product> {
		lab = await createLab({ more, environment });
		await lab.write("data/plate.csv", "1;2;3\n");
		return lab;
	}

	async function late(url: string, defaultPort: number): Promise<LateService> {
		service = await LateService.of(url, defaultPort);
		return service;
	}

	const latePostgres = async () => await late(await postgres.createDatabase(), 5432);

	async function health(address: string, which: "live" | "ready"): Promise<Readiness> {
		return (await (await fetch(`${address}/health/${which}`)).json()) as Readiness;
	}

	async function goesOn(lab: Product, up: Running, service: LateService): Promise<void> {
		await service.begin();
		await up.says(/is back/);
		await up.says(/at work/);
		await eventually(
			async () => (await lab.json<ListedResult>("list", "results"))[0],
			() => `the file is analysed; it says ${up.output.slice(-2_000)}`,
		);
		expect((await up.stop()).code).toBe(0);
	}

	it("waits for PostgreSQL, says so, is alive and not ready meanwhile, and then goes on by itself", async () => {
		const service = await latePostgres();
		const lab = await labOver(`catalog: ${service.url}`);
		const up = lab.start("up");
		await up.says(/catalog is away: .*cannot be reached: .*ECONNREFUSED/);
		const address = await up.address();
		expect(await health(address, "live")).toMatchObject({ ok: true });
		expect(await health(address, "ready")).toMatchObject({
			ok: false,
			checks: [{ name: "catalog", state: "down", detail: expect.stringContaining("Check that PostgreSQL runs there") }],
		});
		await goesOn(lab, up, service);
	});

	it("waits for RabbitMQ in the same way", async () => {
		const service = await late(rabbitMq.url, 5672);
		const lab = await labOver(`broker: ${service.url}`);
		const up = lab.start("up");
		await up.says(/is away: .*(ECONNREFUSED|cannot be reached)/);
		const address = await up.address();
		expect(await health(address, "live")).toMatchObject({ ok: true });
		expect((await health(address, "ready")).ok).toBe(false);
		await goesOn(lab, up, service);
	});

	it.each(["embedded", "PostgreSQL"])("waits for S3 in the same way, with a catalog that is %s", async (catalog) => {
		const { bucket, endpoint = "", region, credentials } = await s3.createBucket();
		const service = await late(endpoint, 80);
		const at = new URL(service.url).origin;
		const shared = catalog === "embedded" ? "" : `catalog: ${await postgres.createDatabase()}\n`;
		const lab = await labOver(
			`${shared}objects: { url: "s3://${bucket}/lab", endpoint: "${at}", region: ${region}, pathStyle: true }`,
			{ AWS_ACCESS_KEY_ID: credentials?.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey },
		);
		const up = lab.start("up");
		await up.says(/S3_UNAVAILABLE.*ECONNREFUSED/);
		const address = await up.address();
		expect(await health(address, "live")).toMatchObject({ ok: true });
		const { ok, checks } = await health(address, "ready");
		expect(ok).toBe(false);
		const down = { state: "down", detail: expect.stringContaining("ECONNREFUSED") };
		expect(checks).toContainEqual(expect.objectContaining(down));
		await goesOn(lab, up, service);
	});

	it("ends in good order when it is told to while it waits", async () => {
		const up = (await labOver(`catalog: ${(await latePostgres()).url}`)).start("up");
		await up.says(/catalog is away/);
		expect(await up.stop()).toMatchObject({ code: 0, signal: null });
	});

	it("ends at once, with what to do, where waiting does not help", async () => {
		const wrong = new URL(await postgres.createDatabase());
		wrong.pathname = "/no_such_database";
		const { code, stderr } = await (await labOver(`catalog: ${wrong.href}`)).run("up");
		expect(code).not.toBe(0);
		expect(stderr).toContain("Create it (createdb");
	});
});
