import { afterEach, expect, it } from "vitest";
import type { OperationResource } from "#domain/operation-resource.ts";
import { createLab, type ListedFile } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import type { ListedJob } from "#test/support/running-lab.ts";
import { describeWith } from "#test/support/services.ts";

let lab: Product;
afterEach(async () => {
	await lab.remove();
});

const operations = () => lab.json<OperationResource>("operations", "--limit", "100").then((rows) => rows.filter(isRow));
const isRow = (row: object): row is OperationResource => "kind" in row;
const jobs = () => lab.json<ListedJob & { acquisition: string }>("list", "jobs");

async function jobsBecome(...states: readonly string[]): Promise<void> {
	const wanted = states.toSorted().join();
	let now = "";
	await eventually(
		async () => {
			now = (await jobs())
				.map(({ state }) => state)
				.toSorted()
				.join();
			return now === wanted || undefined;
		},
		() => `the jobs are ${wanted}, and not ${now}`,
	);
}

describeWith("r", "what was asked for, and not carried out, of processes that are killed", () => {
	const killed = async (up: Running) => {
		await up.stop("SIGKILL");
	};

	it("is carried out by the next one, whenever the one before was killed; and nothing is lost", async () => {
		lab = await createLab({ source: "    complete: { quiet: 100ms }" });
		let up = lab.start("up");
		await up.address();
		await lab.write("data/a.csv", "1\n");
		await jobsBecome("completed");
		await lab.run("pause", "pipeline", "count", "--why", "another script");
		await lab.write("data/b.csv", "22\n");
		await lab.write("data/c.csv", "333\n");
		await jobsBecome("completed", "queued", "queued");
		await killed(up);

		const [a, waiting] = (await jobs()).toSorted((one, other) => one.state.localeCompare(other.state));
		const asks = await Promise.all([
			lab.run("resume", "pipeline", "count"),
			lab.run("rescan", "instrument"),
			lab.run("quarantine", "instrument", "a.csv", "--why", "spilt"),
			lab.run("safe-to-delete", a?.acquisition ?? ""),
			lab.run("cancel", waiting?.id ?? "", "--why", "wrong plate"),
		]);
		expect(asks.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
		expect(asks[1]?.stdout).toContain("nothing runs on this machine");
		expect((await operations()).filter(({ state }) => state === "requested")).toHaveLength(4);

		// Killed as early as it says anything, later, and when it is at work.
		for (const said of [/./, /takes|watching/, /at work/]) {
			up = lab.start("up");
			await up.says(said);
			await killed(up);
		}
		up = lab.start("up");
		await up.address();
		let open: readonly OperationResource[] = [];
		await eventually(
			async () => {
				open = (await operations()).filter(({ state }) => state !== "completed");
				return open.length === 0 || undefined;
			},
			() => `all is carried out, but for ${JSON.stringify(open)}`,
		);
		await jobsBecome("completed", "completed", "cancelled");
		const files = await lab.json<ListedFile>("list", "files");
		expect(files.find(({ path }) => path === "a.csv")).toMatchObject({
			state: "quarantined",
			reason: expect.stringMatching(/spilt/),
		});
		const { stdout } = await lab.run("why", "data/b.csv");
		expect(stdout + (await lab.run("why", "data/c.csv")).stdout).toMatch(/was cancelled by cli:.*: wrong plate/);
		await lab.run("release", "instrument", "a.csv");
		expect((await up.stop()).code).toBe(0);
		expect(await lab.run("verify")).toMatchObject({ code: 0, stdout: expect.stringContaining("unaccounted: 0") });
		expect((await lab.run("audit", "verify")).code).toBe(0);
	});

	it("is told by `up --until-idle`, which ends where only what is held back is left", async () => {
		lab = await createLab({ source: "    complete: { quiet: 100ms }" });
		await lab.run("pause", "pipeline", "count", "--why", "another script");
		await lab.write("data/a.csv", "1\n");
		const held = await lab.run("up", "--until-idle");
		expect(held.code).toBe(3);
		expect(held.stderr).toMatch(/PAUSED: 1 job wait.* pipeline count is paused since .*, by cli:.*: another script/);
		expect(held.stderr).toContain("watchrabbit resume pipeline count");
		await lab.run("pause", "source", "instrument");
		await lab.run("resume", "pipeline", "count");
		await lab.write("data/b.csv", "22\n");
		const source = await lab.run("up", "--until-idle");
		expect(source.stderr).toMatch(/PAUSED: what settled in source instrument waits: source instrument is paused/);
		expect((await jobs()).map(({ state }) => state)).toEqual(["completed"]);
		await lab.run("resume", "source", "instrument");
		expect((await lab.run("up", "--until-idle")).code).toBe(0);
		expect((await jobs()).map(({ state }) => state)).toEqual(["completed", "completed"]);
	});
});
