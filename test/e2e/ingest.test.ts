import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FollowedEvents } from "#test/support/followed-events.ts";
import { countingScript, createLab, type ListedResult, listed } from "#test/support/lab.ts";
import { RunningLab } from "#test/support/running-lab.ts";

/** An instrument that has no share, and one that tells where it has written. */
describe("files over HTTP, up to the result", () => {
	let running: RunningLab;
	beforeAll(async () => {
		const lab = await createLab({
			source: '    include: ["**/*.csv"]\n    complete: { quiet: 300ms }',
			script: countingScript,
		});
		running = await RunningLab.startIn(lab);
	});
	afterAll(async () => await running.end());

	const put = (path: string, body: string, headers: Record<string, string> = {}) =>
		fetch(`${running.address}/api/v1/sources/instrument/files/${path}`, { method: "PUT", body, headers });
	const announce = (path: string) =>
		fetch(`${running.address}/api/v1/events`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ source: "instrument", path }),
		});

	it("a file that is sent is analysed by R, once, however often it is sent", async () => {
		const content = "well,od\nA1,0.5\n";
		const sha256 = createHash("sha256").update(content);
		const headers = { "content-digest": `sha-256=:${sha256.copy().digest("base64")}:` };
		const followed = await FollowedEvents.open(`${running.address}/api/v1/events?source=instrument`);
		const answers = await Promise.all(Array.from({ length: 5 }, () => put("run%207/plate.csv", content, headers)));
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
		const [result] = await running.results("run 7/plate.csv", ({ length }) => length === 1);
		expect(result?.acquisition.members).toEqual([
			{ path: "run 7/plate.csv", size: content.length, sha256: sha256.digest("hex") },
		]);
		expect(result?.measurements).toContainEqual(expect.objectContaining({ name: "bytes", value: content.length }));
		expect(await readFile(running.lab.path("data/run 7/plate.csv"), "utf8")).toBe(content);
		await expect.poll(() => followed.kinds, { timeout: 20_000 }).toContain("job.completed");
		expect(followed.kinds.filter((kind) => kind === "acquisition.acquired")).toHaveLength(1);
		await followed.end();
		expect((await put("run%207/plate.csv", content, headers)).status).toBe(200);
	});

	it("another content in its place is another version, with a result of its own", async () => {
		const { headers } = await put("b.csv", "one\n");
		await running.results("b.csv", ({ length }) => length === 1);
		expect((await put("b.csv", "two\n")).status).toBe(409);
		expect((await put("b.csv", "two\n", { "if-match": headers.get("etag") ?? "" })).status).toBe(200);
		const results = await running.results(
			"b.csv",
			(all) => all.length === 2 && all.some(({ state }) => state === "superseded"),
		);
		expect(results.map(({ state }) => state).sort()).toEqual(["current", "superseded"]);
	});

	it("a file that is announced is waited for, and analysed once, however often and early it was", async () => {
		expect((await announce("late/c.csv")).status).toBe(202);
		expect((await announce("late/c.csv")).status).toBe(202);
		await running.lab.write("data/late/c.csv", "late\n");
		expect((await announce("late/c.csv")).status).toBe(202);
		await running.results("late/c.csv", ({ length }) => length === 1);
		expect((await announce("c.txt")).status).toBe(409);
		const all = await listed<ListedResult>(running.address, "results", ({ length }) => length >= 4);
		expect(all).toHaveLength(4);
	});
});
