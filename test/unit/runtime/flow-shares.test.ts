import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { permanent } from "#core/errors.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import { untraced } from "#core/ports/tracer.ts";
import { WakeUp } from "#core/wake-up.ts";
import { FlowShares } from "#runtime/flow-shares.ts";
import { Leases } from "#runtime/leases.ts";
import { acquisition, traceparent } from "#test/support/acquisitions.ts";
import { FlowLab } from "#test/support/flow-lab.ts";
import { nothingPaused } from "#test/support/nothing-paused.ts";
import { PartitionedLog } from "#test/support/partitioned-log.ts";
import { until } from "#test/support/spine.ts";

describe("processes that share a log", () => {
	let lab: FlowLab;
	let log: PartitionedLog;
	const processes: FlowShares[] = [];
	beforeEach(async () => {
		lab = await FlowLab.open({ count: [] });
		log = new PartitionedLog(4);
	});
	afterEach(async () => {
		await Promise.all(processes.splice(0).map((shares) => shares.drain(5_000)));
		await log.close();
		await lab.close();
	});

	async function start(owner: string | undefined, catalog: Partial<Catalog> = {}): Promise<FlowShares> {
		const { spine, settings, library } = lab;
		const intake = {
			offset: spine.catalog.offset.bind(spine.catalog),
			position: spine.catalog.position.bind(spine.catalog),
			beginLog: spine.catalog.beginLog.bind(spine.catalog),
			commitIntake: spine.catalog.commitIntake.bind(spine.catalog),
			room: spine.catalog.room.bind(spine.catalog),
			shift: spine.catalog.shift.bind(spine.catalog),
			reject: spine.catalog.reject.bind(spine.catalog),
			lease: spine.catalog.lease.bind(spine.catalog),
			endLease: spine.catalog.endLease.bind(spine.catalog),
			leaseholders: spine.catalog.leaseholders.bind(spine.catalog),
			...catalog,
		};
		const { queue, report, onBroken } = spine;
		const shares = new FlowShares({
			settings,
			customStages: {},
			log,
			catalog: intake,
			queue,
			library,
			clock: systemClock,
			report,
			tracer: untraced,
			committed: new WakeUp(),
			paused: nothingPaused,
			leases: owner === undefined ? undefined : new Leases(owner, { catalog: intake, clock: systemClock, report }),
			graceMs: 5_000,
			onBroken,
		});
		processes.push(shares);
		await shares.start();
		return shares;
	}

	async function publish(...keys: readonly string[]): Promise<void> {
		for (const key of keys) {
			const body = {
				id: key,
				type: "file.settled",
				version: 1,
				acquisition: acquisition(key, key),
				root: "/",
				traceparent,
			};
			await log.append([{ id: key, key, body: JSON.stringify(body), traceparent }]);
		}
	}

	const jobsOf = (keys: readonly string[]) => keys.map((key) => `count: ${key}`);
	const all = ["files.0", "files.1", "files.2", "files.3"];

	it("one that has it to itself reads all of it, without leases", async () => {
		const only = await start(undefined);
		expect(only.partitions).toEqual(all);
		await publish("a0", "a1", "a2", "a3");
		await lab.jobsBecome(jobsOf(["a0", "a1", "a2", "a3"]));
		await until("it is idle", () => only.idle());
		expect(await lab.spine.catalog.leaseholders("flow/", Date.now())).toEqual(new Map());
	});

	it("reads a log that is another one than before from its first event, and lets the edges know of it", async () => {
		const { catalog } = lab.spine;
		const at = (offset: number) => ({ log: "files.0", offset, mark: "of another log", now: 1, arrivals: [] });
		await catalog.commitIntake(at(1));
		await publish("a0", "b0", "c0");
		const shares = await start("only");
		await lab.jobsBecome(jobsOf(["a0", "b0", "c0"]));
		expect(lab.spine.events("log.replaced").map((event) => event.log)).toEqual(["files.0"]);
		expect((await catalog.logsBegun()).get("files.0")).toBe(1);
		await until("it is idle", () => shares.idle());
		await shares.drain(5_000);
		const end = await log.partitions[0].end();
		expect(await catalog.position("files.0")).toMatchObject({ offset: end });
		await start("only");
		expect(lab.spine.events("log.replaced")).toHaveLength(1);
		expect((await catalog.logsBegun()).get("files.0")).toBe(1);
	});

	it("a partition whose lease is lost while it begins is left to others, and ends nothing", async () => {
		const { catalog } = lab.spine;
		let lost = 0;
		const shares = await start("slow", {
			beginLog: async (name, now, lease) => {
				if (lost++ === 0) throw permanent("LEASE_LOST", `${name} was given to another process`, { unusable: true });
				await catalog.beginLog(name, now, lease);
			},
		});
		await until("it has all of it again", () => shares.partitions.length === all.length);
		expect(lab.spine.events("partition.lost").map(({ partition }) => partition)).toEqual(["files.0"]);
		expect(lab.spine.broken).toEqual([]);
		await publish("a0", "a1", "a2", "a3");
		await lab.jobsBecome(jobsOf(["a0", "a1", "a2", "a3"]));
	});

	it("each have their share, which moves when one comes or goes, and every event is taken in once", async () => {
		const first = await start("first");
		expect(first.partitions).toEqual(all);
		await publish("a0", "a1", "a2", "a3");
		const second = await start("second");
		await until("each has two", () => first.partitions.length === 2 && second.partitions.length === 2);
		expect([...first.partitions, ...second.partitions].sort()).toEqual(all);
		await publish("b0", "b1", "b2", "b3");
		await lab.jobsBecome(jobsOf(["a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3"]));
		await first.drain(5_000);
		await until("the other has all", () => second.partitions.length === 4);
		await publish("c0", "c1");
		await lab.jobsBecome(jobsOf(["a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3", "c0", "c1"]));
	});

	it("one that is suspended is replaced within seconds; when it wakes up, it commits nothing, and gives up", async () => {
		let wakeUp = () => {};
		let suspended: Promise<void> | undefined;
		const { catalog } = lab.spine;
		const offsets: string[] = [];
		const sleeper = await start("sleeper", {
			lease: async (...given) => {
				await suspended;
				return await catalog.lease(...given);
			},
			commitIntake: async (intake) => {
				await suspended;
				const committed = await catalog.commitIntake(intake);
				if (suspended !== undefined) offsets.push(`${intake.log} ${intake.offset}`);
				return committed;
			},
		});
		await publish("a0");
		await lab.jobsBecome(jobsOf(["a0"]));
		suspended = new Promise((resolve) => {
			wakeUp = resolve;
		});
		await publish("b0", "b1");
		const other = await start("other");
		await until("it has all that the sleeper had", () => other.partitions.length === 4);
		await lab.jobsBecome(jobsOf(["a0", "b0", "b1"]));
		wakeUp();
		await until("the sleeper has noticed", () => sleeper.partitions.length < 4);
		await until("each has its share again", () => sleeper.partitions.length + other.partitions.length === 4);
		expect(offsets).toEqual([]);
		expect(lab.spine.events("partition.lost").length).toBeGreaterThan(0);
		expect(lab.spine.broken).toEqual([]);
		await lab.jobsBecome(jobsOf(["a0", "b0", "b1"]));
	});
});
