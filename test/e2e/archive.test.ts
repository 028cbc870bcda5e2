import { rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createLab, type ListedResult, measured, untilIdle, type Why } from "#test/support/lab.ts";
import type { Product } from "#test/support/product.ts";
import type { S3Server } from "#test/support/servers/buckets.ts";
import { startS3 } from "#test/support/servers/s3.ts";
import { describeWith } from "#test/support/services.ts";

describeWith(["r", "s3"], "a source that keeps its inputs in S3", () => {
	let s3: S3Server;
	let lab: Product | undefined;
	beforeAll(async () => {
		s3 = await startS3();
	});
	afterEach(async () => {
		await lab?.remove();
		lab = undefined;
	});
	afterAll(() => s3.stop());

	async function create(): Promise<Product> {
		const { bucket, endpoint, region } = await s3.createBucket();
		lab = await createLab({
			source: "    complete: { quiet: 300ms }\n    archive: true",
			more: `objects: { url: "s3://${bucket}/lab", endpoint: "${endpoint}", region: ${region} }\n`,
			environment: {
				AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
				AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
			},
		});
		return lab;
	}

	it("has each file verified before it is analysed, and analyses it again after it was deleted", async () => {
		lab = await create();
		await lab.write("data/plate.csv", "1;2;3\n");
		const up = await untilIdle(lab);
		expect(up.code, up.stderr).toBe(0);
		const [why] = await lab.json<Why>("why", "data/plate.csv");
		const steps = why?.events
			.map(({ what }) => what)
			.filter((what) => ["seen", "stored", "verified", "now"].includes(what));
		expect(steps).toEqual(["seen", "stored", "verified", "now"]);
		expect((await lab.run("verify")).stdout).toContain("unaccounted: 0");

		const [first] = await lab.json<ListedResult>("list", "results");
		await rm(lab.path("data/plate.csv"));
		expect(await lab.json("replay", first?.id as string)).toMatchObject([{ outcome: "queued" }]);
		const again = await untilIdle(lab);
		expect(again.code, again.stderr).toBe(0);
		const results = await lab.json<ListedResult>("list", "results");
		expect(results[0]?.id).not.toBe(first?.id);
		expect(results[0]?.measurements).toEqual(first?.measurements);
		expect((await lab.run("verify")).stdout).toContain("unaccounted: 0");
	});

	it("gives a run what had settled, though the file is another by then; the new version is analysed as well", async () => {
		lab = await create();
		await lab.write("data/plate.csv", "1;2;3\n");
		const front = lab.start("up", "--roles", "watch,flow");
		await front.says(/plate.csv is complete/);
		await front.says(/1 acquisition taken in/);
		expect((await front.stop()).code).toBe(0);
		await lab.write("data/plate.csv", "a longer version;4;5;6\n");
		const back = await lab.run("up", "--roles", "flow,work", "--until-idle");
		expect(back.code, back.stderr).toBe(0);
		const [result] = await lab.json<ListedResult>("list", "results");
		expect([measured(result, "bytes"), result?.acquisition.members[0]?.size]).toEqual([6, 6]);

		const all = await untilIdle(lab);
		expect(all.code, all.stderr).toBe(0);
		const results = await lab.json<ListedResult>("list", "results");
		expect(results.map((each) => [each.state, measured(each, "bytes")])).toEqual([
			["current", 23],
			["superseded", 6],
		]);
		expect((await lab.run("verify")).stdout).toContain("unaccounted: 0");
	});
});
