import { existsSync, writeFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { everything, type OperationKind, type Target } from "#domain/operation.ts";
import { carryHere } from "#runtime/carry-here.ts";
import { carryInFlow } from "#runtime/carry-in-flow.ts";
import { type Carry, Carrying } from "#runtime/carrying.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { until } from "#test/support/spine.ts";
import { WorkLab } from "#test/support/work-lab.ts";

/** Says that it began, and ends when it is told to. */
const waiting = `args <- commandArgs(trailingOnly = TRUE)
file.create(paste0(args[1], ".began"))
while (!file.exists(paste0(args[1], ".go"))) Sys.sleep(0.02)
wr_measure("bytes", file.size(args[1]))
`;

const here: Target = { type: "process", name: "host:1" };

describeWith("r", "a drain", () => {
	let lab: WorkLab;
	let carrying: Carrying;
	afterEach(async () => {
		await carrying.stop();
		await lab.close();
	});

	async function start(): Promise<void> {
		lab = await WorkLab.open(requireR(), waiting);
		const { catalog, objects, report, onBroken } = lab.spine;
		const { operations } = catalog;
		const clock = systemClock;
		const settings = { pipelines: [lab.pipeline] };
		const inFlow = carryInFlow({ settings, catalog, objects, clock, committed: lab.moved });
		const inHand = () => lab.role.load.inUse;
		const ofProcess = carryHere({ paused: lab.paused, inHand, clock });
		const carry: Carry = (row, how) => (row.target.name === here.name ? ofProcess : inFlow)(row, how);
		const ours = () => ({ kinds: ["drain", "resume"] as const });
		carrying = new Carrying({ operations, paused: lab.paused, clock, report, onBroken, ours, carry, atOnce: 16 });
		lab.start();
		carrying.start();
	}

	async function ask(kind: OperationKind, target: Target): Promise<() => Promise<string>> {
		const asked = await lab.spine.catalog.operations.request({ kind, target, by: "user:anna" }, Date.now());
		lab.asked.ring();
		return async () => {
			const row = await lab.spine.catalog.operations.one(asked.operation.id);
			return `${row?.state} ${row?.progress.done}/${row?.progress.total} ${row?.progress.message}`;
		};
	}

	async function settle(name: string): Promise<string> {
		lab.write(name, name);
		return await lab.settle(name);
	}

	const began = (name: string) => until("R began", () => existsSync(lab.path(`${name}.began`)), 30_000);
	const go = (name: string) => writeFileSync(lab.path(`${name}.go`), "");

	it.each([
		["of a process", here],
		["of everything", everything],
	])("%s finishes what runs and begins nothing new, until it is resumed", async (_, target) => {
		await start();
		const first = await settle("a.csv");
		await began("a.csv");
		const drain = await ask("drain", target);
		await until("it is heard", () => lab.paused.drained !== undefined);
		await until("it says what is left", async () => /^running 0\/1 1 (in hand|job still running)/.test(await drain()));
		const second = await settle("b.csv");
		go("a.csv");
		await lab.becomes(first, "completed");
		await until("it is over", async () => (await drain()).startsWith("completed 1/1"));
		expect(await drain()).toMatch(/takes nothing until it is resumed|nothing new begins until it is resumed/);
		await until("its hint is out", async () => (await lab.spine.catalog.pending()).outbox === 0);
		expect((await lab.spine.catalog.job(second))?.state).toBe("queued");
		expect(existsSync(lab.path("b.csv.began"))).toBe(false);
		go("b.csv");
		await ask("resume", target);
		await lab.becomes(second, "completed");
	});

	it("is over when it is resumed before all has ended", async () => {
		await start();
		const job = await settle("a.csv");
		await began("a.csv");
		for (const target of [here, everything]) {
			const drain = await ask("drain", target);
			await until("it is heard", () => lab.paused.drained !== undefined);
			await ask("resume", target);
			await until("it is over", async () => /^completed .* resumed, with 1 /.test(await drain()));
		}
		go("a.csv");
		await lab.becomes(job, "completed");
	});

	it("of a process that is not there fails, when its time is over", async () => {
		await start();
		const target: Target = { type: "process", name: "host:9" };
		const { operations } = lab.spine.catalog;
		const { operation } = await operations.request({ kind: "drain", target, by: "user:anna" }, Date.now() - 70_000);
		lab.asked.ring();
		await until("it fails", async () => (await operations.one(operation.id))?.state === "failed", 40_000);
		expect(await operations.one(operation.id)).toMatchObject({ error: { code: "PROCESS_GONE" } });
	}, 60_000);

	it("of a process ends with it", async () => {
		await start();
		await ask("drain", here);
		await until("it is heard", () => lab.paused.drained !== undefined);
		await carrying.stop();
		await lab.paused.stop();
		expect(await lab.spine.catalog.operations.pauses(Date.now())).toEqual([]);
	});
});
