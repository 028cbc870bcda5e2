import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createLab, type ListedResult } from "#test/support/lab.ts";
import type { Product } from "#test/support/product.ts";
import type { S3Server } from "#test/support/servers/buckets.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { startS3 } from "#test/support/servers/s3.ts";
import { describeWith } from "#test/support/services.ts";

describeWith(["postgres", "s3"], "with a catalog in PostgreSQL and objects in S3", () => {
	let postgres: PostgresServer;
	let s3: S3Server;
	let lab: Product | undefined;
	beforeAll(async () => {
		[postgres, s3] = await Promise.all([startPostgres(), startS3()]);
	});
	afterEach(async () => {
		await lab?.remove();
		lab = undefined;
	});
	afterAll(() => Promise.all([postgres.stop(), s3.stop()]));

	async function labOverServices(catalog: string): Promise<Product> {
		const { bucket, endpoint, region } = await s3.createBucket();
		lab = await createLab({
			more: `catalog: ${catalog}
objects: { url: "s3://${bucket}/lab-1", endpoint: "${endpoint}", region: ${region} }
`,
			environment: {
				AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
				AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
			},
		});
		return lab;
	}

	it("a file is analysed, listed, verified and told of as with what is embedded, and nothing secret is printed", async () => {
		const database = new URL(await postgres.createDatabase());
		const lab = await labOverServices(database.href);
		await lab.write("data/plate.csv", "1;2;3\n");
		const up = await lab.run("up", "--until-idle");
		expect(up.code, up.stderr).toBe(0);
		const [result] = await lab.json<ListedResult>("list", "results");
		expect(result).toMatchObject({
			state: "current",
			acquisition: { key: "plate.csv", members: [{ path: "plate.csv", size: 6 }] },
			artifacts: [{ name: "md5.txt", size: 33 }],
			measurements: expect.arrayContaining([{ name: "bytes", value: 6, unit: "By", lower: null, upper: null }]),
		});
		const verified = await lab.run("verify");
		expect(verified.stdout).toContain("unaccounted: 0");
		const why = await lab.run("why", "data/plate.csv");
		expect(why.stdout).toContain(result?.id);
		const explained = await lab.run("config", "explain");
		const printed = [up, verified, why, explained].map(({ stdout, stderr }) => stdout + stderr).join("\n");
		expect(printed).not.toContain(s3.credentials.secretAccessKey);
		if (database.password !== "") expect(printed).not.toContain(database.password);
	});

	it("a wrong password is told with what to do, and not shown", async () => {
		const database = new URL(await postgres.createDatabase());
		database.username = "nobody";
		database.password = "s3cret-and-wrong";
		const lab = await labOverServices(database.href);
		const { code, stdout, stderr } = await lab.run("up", "--until-idle");
		expect(code, stderr).not.toBe(0);
		expect(stderr).toMatch(/does not let us in|cannot be reached/);
		expect(stdout + stderr).not.toContain("s3cret-and-wrong");
	});
});
