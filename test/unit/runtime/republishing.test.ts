import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { systemClock } from "#core/clock.ts";
import type { LogRecord } from "#core/ports/event-log.ts";
import type { Conclusion, Observation, Unit } from "#core/ports/ledger.ts";
import { isSampled, startTrace, type Trace, traceId, withSampled } from "#core/trace.ts";
import type { Acquisition, FileSettled } from "#domain/acquisition.ts";
import type { Pause } from "#domain/operation.ts";
import { filesLog } from "#domain/places.ts";
import { noteHeldBack } from "#runtime/held-back.ts";
import { pause } from "#runtime/persist.ts";
import { Republishing } from "#runtime/republishing.ts";
import { acquisition, arrival, intake, sha256, traceparent } from "#test/support/acquisitions.ts";
import { collectedSpans } from "#test/support/collected-spans.ts";
import { Spine, until } from "#test/support/spine.ts";

const none = new Set<number>();
const stat = { size: 1, mtimeNs: 1_000_000n, ctimeNs: 1_000_000n, inode: 1n };

/** A log whose server goes away. */
class LapsingLog extends SqliteEventLog {
	override lapses = 0;
}

describe("what was published and has no outcome", () => {
	let spine: Spine;
	let writing: Set<Promise<unknown>>;
	let republishing: Republishing;
	let held: Pause | undefined;
	let isCurrent: boolean;
	let ending: AbortController;
	let following: Promise<unknown> = Promise.resolve();
	let log: LapsingLog;
	beforeEach(async () => {
		spine = await Spine.open();
		log = new LapsingLog(join(spine.path, "lapsing.db"));
		writing = new Set();
		held = undefined;
		isCurrent = true;
		ending = new AbortController();
		const roots = new Map([["plates", "/instruments"]]);
		const { ledger, catalog, report } = spine;
		const edge = {
			ledger,
			log,
			catalog,
			report,
			clock: systemClock,
			roots,
			gathering: new Set<string>(),
			writing,
			paused: { source: () => held },
			isCurrent: () => isCurrent,
			tracer: collectedSpans({ share: 0, mostPerSecond: 1 }).tracer,
		};
		republishing = new Republishing(edge);
	});
	afterEach(async () => {
		ending.abort();
		await following;
		await log.close();
		await spine.close();
	});

	const see = (...observations: Partial<Observation>[]) =>
		spine.ledger.observe(
			"plates",
			observations.map(
				(one) => ({ kind: "changed", stat, folder: undefined, at: 1, wakeAt: 2, ...one }) as Observation,
			),
		);

	/** Publishes what waits, as the edge does. */
	function settle(): void {
		const { ledger } = spine;
		ledger.conclude(ledger.due(10, 100, none).map(settled));
	}

	function settled({ id, generation, path, kind }: Unit): Conclusion {
		const paths = kind === "file" ? [path] : spine.ledger.members(id).map((member) => member.path);
		const members = paths.map((each) => ({
			path: each,
			sha256: sha256(each),
			size: 1,
			mtimeNs: "1000000",
			ctimeNs: "1000000",
			inode: "1",
		}));
		const noted = path === "unnoted" ? {} : { isTraced: path !== "untraced" };
		return { unit: id, generation, state: "settled", at: 900, members, event: `event of ${path}`, ...noted };
	}

	function analysed(path: string): void {
		const { id, generation } = spine.ledger.find("plates", path) as { id: number; generation: number };
		spine.ledger.conclude([{ unit: id, generation, state: "analysed", at: 950, reason: "a result" }]);
	}

	async function takeIn(path: string, offset?: number): Promise<void> {
		const event = { id: `event of ${path}`, root: "/instruments", traceparent };
		const arrivals = [arrival(acquisition(path, path), { event })];
		await spine.catalog.commitIntake(intake(arrivals, { offset, mark: "any" }));
	}

	const follow = () => {
		following = republishing.follow(ending.signal).catch(() => {});
	};
	const inLog = async (): Promise<readonly LogRecord[]> =>
		(await log.end()) === undefined ? [] : await log.open(undefined).read(1_000, ending.signal);
	const acquisitionIn = ({ body }: LogRecord): Acquisition => (JSON.parse(body) as FileSettled).acquisition;

	it("is published again when the log is read from its first event: the same under the same ids, and once", async () => {
		see({ path: "a" }, { path: "b" }, { path: "gone" });
		see({ path: "run/1", folder: "run" }, { path: "run/2", folder: "run" });
		see({ path: "waits", wakeAt: 1_000 } as Partial<Observation>);
		settle();
		analysed("b");
		see({ kind: "gone", path: "gone", at: 20 });
		await spine.catalog.beginLog(filesLog, 1);
		expect(await republishing.idle()).toBe(false);
		follow();
		await until("nothing is to be published again", () => republishing.idle());
		const records = await inLog();
		expect(records.map(({ id, key }) => [id, key])).toEqual([
			["event of a", "plates/a"],
			["event of gone", "plates/gone"],
			["event of run", "plates/run"],
		]);
		const [a, , run] = records.map(acquisitionIn);
		expect(a).toEqual({
			source: "plates",
			key: "a",
			kind: "file",
			members: [{ path: "a", sha256: sha256("a"), size: 1, mtimeNs: "1000000", ctimeNs: "1000000", inode: "1" }],
			acquiredAt: 1,
			settledAt: 900,
			captures: {},
		});
		expect(run?.members.map(({ path }) => path)).toEqual(["run/1", "run/2"]);
		expect(spine.events("units.republished").map(({ units }) => units)).toEqual([3]);
		ending.abort();
		await following;
		ending = new AbortController();
		follow();
		await pause(1_200, { clock: systemClock, signal: ending.signal });
		expect(await inLog()).toHaveLength(3);
	});

	it("goes on in its trace, which is kept or left out as it was", async () => {
		const origin = startTrace();
		see({ path: "untraced" }, { path: "unnoted" }, { path: "told of" }, { path: "own" });
		spine.ledger.cameFrom("plates", "told of", origin);
		const traces = new Map(spine.ledger.due(10, 100, none).map((unit) => [unit.path, unit.traceparent]));
		settle();
		await spine.catalog.beginLog(filesLog, 1);
		follow();
		await until("nothing is to be published again", () => republishing.idle());
		const records = new Map((await inLog()).map((record) => [acquisitionIn(record).key, record]));
		expect(records.get("own")?.traceparent).toBe(traces.get("own"));
		expect(records.get("told of")?.traceparent).toBe(traces.get("told of"));
		expect(traceId(records.get("told of") as Trace)).toBe(traceId(origin));
		// Of what was published before that was noted it is decided now.
		for (const path of ["untraced", "unnoted"]) {
			const left = records.get(path) as Trace;
			expect([left, isSampled(left)]).toMatchObject([
				withSampled({ traceparent: traces.get(path) as string }, false),
				false,
			]);
		}
	});

	it("is not published again where it was taken in", async () => {
		see({ path: "a" }, { path: "b" });
		settle();
		await takeIn("a");
		await spine.catalog.beginLog(filesLog, 1);
		follow();
		await until("nothing is to be published again", () => republishing.idle());
		expect((await inLog()).map(({ id }) => id)).toEqual(["event of b"]);
	});

	it("is published again where the server of the log went away and lost it, once the rest is read", async () => {
		see({ path: "a" }, { path: "lost" });
		settle();
		await log.append([{ id: "event of a", key: "plates/a", body: "{}", traceparent: "" }]);
		log.lapses = 1;
		follow();
		await pause(300, { clock: systemClock, signal: ending.signal });
		expect((await inLog()).map(({ id }) => id)).toEqual(["event of a"]);
		await takeIn("a", (await log.end()) as number);
		await until("it is there", async () => (await inLog()).length > 1);
		expect((await inLog()).map(({ id }) => id)).toEqual(["event of a", "event of lost"]);
	});

	it("is not published while its source is paused, though the server went away: when it is resumed", async () => {
		see({ path: "a" }, { path: "b" });
		settle();
		held = { on: { type: "source", name: "plates" }, since: 1, by: "user:anna", why: undefined };
		log.lapses = 1;
		await spine.catalog.beginLog(filesLog, 1);
		follow();
		await until(
			"it was looked at",
			async () => spine.ledger.note("held/plates") === "1" && (await republishing.idle()),
		);
		expect(await inLog()).toEqual([]);
		held = undefined;
		await until("it goes on", () => spine.events("source.resumed").length === 1);
		expect((await inLog()).map(({ id }) => id)).toEqual(["event of a", "event of b"]);
	});

	it("is left to who watches the source now: what was held back here may be an old version", async () => {
		see({ path: "a" });
		settle();
		noteHeldBack(spine.ledger, "plates", {
			on: { type: "source", name: "plates" },
			since: 1,
			by: "user:anna",
			why: undefined,
		});
		isCurrent = false;
		expect(await republishing.idle()).toBe(true);
		follow();
		await pause(1_200, { clock: systemClock, signal: ending.signal });
		expect(await inLog()).toEqual([]);
		isCurrent = true;
		await until("it is published", async () => (await inLog()).length === 1);
	});

	it("waits for what is on its way into the log that is gone", async () => {
		see({ path: "a" });
		const written = Promise.withResolvers<void>();
		writing.add(written.promise);
		await spine.catalog.beginLog(filesLog, 1);
		follow();
		await pause(50, { clock: systemClock, signal: ending.signal });
		expect(await republishing.idle()).toBe(false);
		settle();
		written.resolve();
		await until("nothing is to be published again", () => republishing.idle());
		expect((await inLog()).map(({ id }) => id)).toEqual(["event of a"]);
	});
});
