import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { ListedResult } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { remotePorts } from "#test/support/remote-ports.ts";
import { createServiceLab, type Services, startServices } from "#test/support/service-lab.ts";
import { describeWith } from "#test/support/services.ts";

const roles = ["watch", "flow", "work", "serve"] as const;
type Role = (typeof roles)[number];

describeWith(["rabbitmq", "postgres", "s3", "redis", "r"], "roles as processes of their own", () => {
	let services: Services;
	let lab: Product;
	beforeAll(async () => {
		services = await startServices();
	});
	afterEach(() => lab.remove());
	afterAll(() => services.stop());

	async function startAll(): Promise<Record<Role, Running>> {
		const started: Partial<Record<Role, Running>> = {};
		for (const role of roles) {
			started[role] = lab.start("up", "--roles", role);
			await started[role].says(/at work/);
		}
		return started as Record<Role, Running>;
	}

	it("connect to the services that they need, and to no other", async () => {
		lab = await createServiceLab(services);
		const running = await startAll();
		const address = await running.serve.address();
		await lab.write("data/plate.csv", "1;2\n");
		await eventually(
			async () => {
				const answer = await fetch(`${address}/api/v1/results`);
				return ((await answer.json()) as { items: ListedResult[] }).items.length === 1 ? true : undefined;
			},
			() => "the file is analysed, and told of by the API",
			120_000,
		);

		const { rabbitMq, postgres, s3, redis } = services;
		const named = Object.entries({ rabbitMq, postgres, s3, redis }).map(
			([name, { url }]) => [Number(new URL(url).port), name] as const,
		);
		const servers = new Map(named);
		const connected = ({ child }: Running) =>
			[...remotePorts(child.pid as number)].flatMap((port) => servers.get(port) ?? []).sort();
		expect(connected(running.watch), "no archive: no objects").toEqual(["postgres", "rabbitMq"]);
		expect(connected(running.flow)).not.toContain("redis");
		expect(connected(running.flow)).toEqual(expect.arrayContaining(["postgres", "rabbitMq"]));
		expect(connected(running.work)).toEqual(["postgres", "rabbitMq", "s3"]);
		expect(connected(running.serve), "it reads: nobody is told of anything").not.toContain("rabbitMq");
		expect(connected(running.serve)).toEqual(expect.arrayContaining(["postgres", "redis"]));
		for (const role of roles) {
			const { code, stderr } = await running[role].stop();
			expect(code, stderr).toBe(0);
		}
	});

	it("say that they are not ready while they drain, and end at once at a second signal", async () => {
		lab = await createServiceLab(services, {
			script: "Sys.sleep(600)\n",
			more: "grace: 5m",
		});
		const running = await startAll();
		await lab.write("data/slow.csv", "3;4\n");
		await running.work.says(/slow.csv runs/);
		const [, operations] = await running.work.says(/health and metrics are at (\S+?)\/health/);
		running.work.child.kill("SIGTERM");
		await eventually(
			async () => ((await fetch(`${operations}/health/ready`)).status === 503 ? true : undefined),
			() => "a work that drains is not ready",
		);
		expect((await fetch(`${operations}/health/live`)).status).toBe(200);
		expect(running.work.child.exitCode).toBeNull();
		// So soon after the first that it may be the same one passed on, a second one is not taken for one.
		await eventually(
			() => {
				running.work.child.kill("SIGTERM");
				return running.work.child.exitCode ?? undefined;
			},
			() => "it ended at a second signal",
		);
		expect((await running.work.ended).code).toBe(143);
		for (const role of ["watch", "flow", "serve"] as const) {
			const { code: ended, stderr } = await running[role].stop();
			expect(ended, stderr).toBe(0);
		}
	});
});
