import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { filesLog } from "#domain/places.ts";
import { Retention } from "#runtime/retention.ts";
import { acquisition, arrival, intake, outcomeKinds } from "#test/support/acquisitions.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { Spine, until } from "#test/support/spine.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const dayMs = 24 * 3_600_000;

describe("retention", () => {
	let spine: Spine;
	let clock: ManualClock;
	let log: SqliteEventLog;
	let retention: Retention;
	let remove: () => void;
	beforeEach(async () => {
		spine = await Spine.open();
		clock = new ManualClock();
		const directory = temporaryDirectory();
		remove = directory.remove;
		log = new SqliteEventLog(`${directory.path}/log.db`, { clock });
		const { catalog, report, onBroken } = spine;
		retention = new Retention({ log, catalog, clock, report, onBroken });
	});
	afterEach(async () => {
		await retention.stop();
		await log.close();
		await spine.close();
		remove();
	});

	const append = (...ids: string[]) => log.append(ids.map((id) => ({ id, key: id, body: "{}", traceparent: "" })));
	const taken = (offset: number | undefined) =>
		spine.catalog.commitIntake(intake([], { log: filesLog, offset, now: clock.now() }));
	const logged = async () => {
		const records = await log.open(undefined).read(100, new AbortController().signal);
		return records.map(({ id }) => id);
	};

	it("trims of the log what was taken in and is old, again every hour", async () => {
		await append("a", "b");
		await taken(await log.end());
		await append("c");
		await clock.advance(8 * dayMs);
		await append("young");
		retention.start();
		await until("it was trimmed", async () => (await logged()).length === 2);
		expect(await logged()).toEqual(["c", "young"]);
		await taken(await log.end());
		await clock.advance(3_600_000);
		await until("it was trimmed again", async () => (await logged()).length === 1);
		expect(await logged()).toEqual(["young"]);
	});

	it("trims nothing by an offset of another log", async () => {
		await append("a");
		await taken(1_000);
		await clock.advance(8 * dayMs);
		await spine.catalog.commitIntake(intake([arrival(acquisition("old", "A"), { plans: [] })], { now: 1 }));
		retention.start();
		await until("it has had its turn", async () => (await outcomeKinds(spine.catalog)).length === 0);
		expect(await logged()).toEqual(["a"]);
	});

	it("forgets what became of acquisitions after a season", async () => {
		const unwanted = (name: string) => arrival(acquisition(name, name), { plans: [] });
		await spine.catalog.commitIntake(intake([unwanted("old")], { now: clock.now() }));
		await clock.advance(80 * dayMs);
		await spine.catalog.commitIntake(intake([unwanted("young")], { now: clock.now() }));
		await clock.advance(11 * dayMs);
		retention.start();
		await until("it has had its turn", async () => (await outcomeKinds(spine.catalog)).length === 1);
		expect(await outcomeKinds(spine.catalog)).toEqual(["young unwanted"]);
	});

	it("can be stopped before it is started, and twice", async () => {
		await retention.stop();
		retention.start();
		await retention.stop();
		expect(clock.waiting).toBe(0);
	});
});
