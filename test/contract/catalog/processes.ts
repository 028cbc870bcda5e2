import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { acquisition, arrival, intake, plan } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";
import { expectCounted } from "./counts.ts";

const program = fileURLToPath(new URL("./catalog-process.ts", import.meta.url));

function start(...args: string[]): ChildProcess & { readonly stdout: NonNullable<ChildProcess["stdout"]> } {
	return spawn(process.execPath, ["--conditions=source", program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

/** What a process says that does such a task to its end. */
export function outputOf(...args: string[]): Promise<string> {
	return text(start(...args).stdout);
}

export function describeProcesses(under: () => CatalogUnderTest): void {
	describe("several processes on one database", () => {
		it("claim 200 jobs, each once", async () => {
			const { catalog, location } = under();
			const plates = Array.from({ length: 200 }, (_, i) => acquisition(`p${i}`, `C${i}`));
			await catalog.commitIntake(intake(plates.map((plate) => arrival(plate))));
			const ids = plates.map((plate) => plan(plate).id);
			const outputs = await Promise.all([1, 2].map(() => outputOf("claim", location, ...ids)));
			const claimed = outputs.flatMap((output) => JSON.parse(output) as string[]);
			expect(claimed.toSorted()).toEqual(ids.toSorted());
			const jobs = (await catalog.jobs({ limit: 300, filter: { state: ["running"] } })).items;
			expect(jobs.map(({ token }) => token)).toEqual(ids.map(() => 1));
		}, 60_000);

		it("open a fresh database at the same time", async () => {
			const location = await under().fresh();
			const outputs = await Promise.all([1, 2, 3].map(() => outputOf("claim", location)));
			expect(outputs).toEqual(["[]", "[]", "[]"]);
		}, 60_000);

		it("change many rows at a time, none of them waiting for the other for ever", async () => {
			const { catalog, location } = under();
			const plates = Array.from({ length: 60 }, (_, i) => acquisition(`p${i}`, `C${i}`));
			await catalog.commitIntake(intake(plates.map((plate) => arrival(plate))));
			const ids = plates.map((plate) => plan(plate).id);
			const outputs = await Promise.all([1, 2].map(() => outputOf("churn", location, ...ids)));
			expect(outputs).toEqual(["done", "done"]);
			const { queued, running } = await catalog.countJobs();
			expect(queued + running).toBe(60);
		}, 60_000);

		it("tell outcomes in their order: who reads behind the last one that was seen misses none", async () => {
			const { catalog, location } = under();
			const children = [1, 2].map(() => start("work", location));
			const seen: number[] = [];
			while (seen.length < 60) {
				for (const { seq } of await catalog.outcomes(seen.at(-1) ?? 0, 1_000)) seen.push(seq);
				await setImmediate();
			}
			for (const child of children) {
				child.kill("SIGKILL");
				await once(child, "exit");
			}
			const all = (await catalog.outcomes(0, 10_000)).map(({ seq }) => seq);
			expect(seen).toEqual(all.slice(0, seen.length));
		}, 60_000);

		it("leave a whole number of transactions when one is killed", async () => {
			const { location, reopen, catalog } = under();
			await catalog.close();
			for (let round = 0; round < 4; round++) {
				const child = start("work", location);
				for (let dots = 0; dots <= round; dots++) await once(child.stdout, "data");
				child.kill("SIGKILL");
				await once(child, "exit");
			}
			const opened = await reopen();
			const jobs = (await opened.jobs({ limit: 10_000, filter: {} })).items;
			const results = (await opened.results({ limit: 10_000, filter: {} })).items;
			expect(jobs.length).toBeGreaterThan(40);
			await expectCounted(opened);
			for (const { measurements, artifacts } of results)
				expect([measurements.length, artifacts.length]).toEqual([20, 1]);
			const completed = jobs.filter(({ state }) => state === "completed");
			expect(completed.map(({ result }) => result).toSorted()).toEqual(results.map(({ id }) => id).toSorted());
			for (const { id, state } of jobs) {
				const whats = (await opened.job(id))?.history.map(({ what }) => what) ?? [];
				expect(whats.at(-1)).toBe(state);
				expect(whats.slice(0, 3)).toEqual(["created", "validated", "queued"]);
			}
			const outcomes = await opened.outcomes(0, 10_000);
			expect(outcomes.length).toBe(completed.length);
			expect((await opened.pending()).outbox).toBe(jobs.length);
		}, 60_000);
	});
}
