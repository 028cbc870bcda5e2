import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WakeUp } from "#core/wake-up.ts";
import { everything, type OperationKind, type Target } from "#domain/operation.ts";
import { operate } from "#runtime/operate.ts";
import { acquisition } from "#test/support/acquisitions.ts";
import { FlowLab } from "#test/support/flow-lab.ts";

describe("asking for an operation", () => {
	let lab: FlowLab;
	let rung: number;
	beforeEach(async () => {
		lab = await FlowLab.open({ elisa: [] });
		rung = 0;
	});
	afterEach(() => lab.close());

	async function ask(kind: OperationKind, target: Target, key?: string) {
		const { settings, library, spine } = lab;
		const asked = new (class extends WakeUp {
			override ring(): void {
				rung += 1;
			}
		})();
		const request = { kind, target, by: "user:anna", ...(key !== undefined && { key }) };
		return await operate({ settings, library, asked, catalog: spine.catalog }, request, Date.now());
	}

	const cases: readonly [string, OperationKind, Target, string][] = [
		["a source that is not configured", "pause", { type: "source", name: "plats" }, "TARGET_UNKNOWN"],
		["a file of none", "quarantine", { type: "file", name: "plats", path: "a" }, "TARGET_UNKNOWN"],
		["a pipeline that is not configured", "pause", { type: "pipeline", name: "qpcr" }, "TARGET_UNKNOWN"],
		["a pool where there is none", "pause", { type: "pool", name: "big" }, "TARGET_UNKNOWN"],
		["a process by half its name", "drain", { type: "process", name: "lab-pc" }, "TARGET_UNKNOWN"],
		["a job that nobody made", "replay", { type: "job", name: "j0" }, "TARGET_UNKNOWN"],
		["what is no target of it", "pause", { type: "job", name: "j0" }, "OPERATION_REFUSED"],
		["a file without its path", "release", { type: "file", name: "plates" }, "OPERATION_REFUSED"],
		["a source with a path", "rescan", { type: "source", name: "plates", path: "a" }, "OPERATION_REFUSED"],
	];
	it.each(cases)("of %s is refused, and says what there is", async (_, kind, target, code) => {
		await expect(ask(kind, target)).rejects.toMatchObject({ code, fix: expect.stringMatching(/./) });
		expect(rung).toBe(0);
	});

	it("rings those who carry it out", async () => {
		await ask("rescan", { type: "source", name: "plates" });
		await ask("drain", everything);
		expect(rung).toBe(2);
	});

	it("lets go on what left the configuration", async () => {
		const gone = { type: "pipeline", name: "qpcr" } as const;
		await lab.spine.catalog.operations.request({ kind: "pause", target: gone, by: "user:anna" }, 1);
		expect((await ask("resume", gone)).already).toBe(false);
	});

	it("under the same key is answered the same, though its target left the configuration, and rings nobody", async () => {
		const request = { kind: "pause", target: { type: "pipeline", name: "qpcr" }, by: "user:anna", key: "k" } as const;
		const first = await lab.spine.catalog.operations.request(request, 1);
		expect(await ask("pause", request.target, "k")).toEqual(first);
		expect(rung).toBe(0);
	});

	it("to run a job again takes its analysis as it is now", async () => {
		await lab.start();
		await lab.publishOne(acquisition("a", "A"));
		await lab.jobsBecome(["elisa: a"]);
		const { items } = await lab.spine.catalog.jobs({ limit: 1, filter: {} });
		const job = items[0]?.id ?? "";
		expect(await ask("replay", { type: "job", name: job })).toMatchObject({ already: true, job });
		writeFileSync(lab.script("elisa"), "# another\n");
		const { job: runs, already } = await ask("replay", { type: "job", name: job });
		expect(already).toBe(false);
		expect(runs).not.toBe(job);
		expect((await lab.spine.catalog.job(job))?.state).toBe("superseded");
	});
});
