import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEdge, type Edge } from "#app/edge.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { systemClock } from "#core/clock.ts";
import { untraced } from "#core/ports/tracer.ts";
import { WakeUp } from "#core/wake-up.ts";
import type { FileSettled } from "#domain/acquisition.ts";
import type { Pause } from "#domain/operation.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { Leases } from "#runtime/leases.ts";
import { pause } from "#runtime/persist.ts";
import { WatchRole } from "#runtime/watch-role.ts";
import { complete as analysed, arrival, intake, plan } from "#test/support/acquisitions.ts";
import { nothingPaused } from "#test/support/nothing-paused.ts";
import { settingsOf } from "#test/support/one-source.ts";
import { Spine, until } from "#test/support/spine.ts";

/** A watch with a ledger of its own. */
interface Host {
	readonly ledger: SqliteLedger;
	readonly told: InternalEvent[];
	readonly role: WatchRole;
	readonly edge: Edge;
}

describe("processes that see the same directory", () => {
	let spine: Spine;
	const hosts: Host[] = [];
	let held: Pause | undefined;
	const paused = { ...nothingPaused, source: () => held };
	beforeEach(async () => {
		held = undefined;
		spine = await Spine.open();
		mkdirSync(join(spine.path, "data"));
	});
	afterEach(async () => {
		for (const host of hosts.splice(0)) await end(host);
		await spine.close();
	});

	/** `ahead`: its leases are judged by a clock that is so many milliseconds ahead; NaN: it is alone, and needs none. */
	async function start(name: string, changes: Partial<SourceSettings> = {}, ahead = 0): Promise<Host> {
		const { log, queue, catalog, objects, onBroken, path } = spine;
		const ledger = new SqliteLedger(join(path, `${name}.db`));
		const told: InternalEvent[] = [];
		const report = (event: InternalEvent) => void told.push(event);
		const observed = new WakeUp();
		const common = {
			ledger,
			log,
			queue,
			catalog,
			objects,
			clock: systemClock,
			report,
			tracer: untraced,
			observed,
			onBroken,
		};
		const watches = (source: string): boolean => role.watches(source);
		const edge = createEdge(settingsOf(path, changes), { ...common, watches });
		const clock = { ...systemClock, now: () => Date.now() + ahead };
		const leases = Number.isNaN(ahead) ? undefined : new Leases(name, { ...common, clock });
		const role = new WatchRole({ ...common, ...edge, leases, concluded: new WakeUp(), paused });
		const host = { ledger, told, role, edge };
		hosts.push(host);
		await role.start();
		return host;
	}
	async function end({ role, edge, ledger }: Host): Promise<void> {
		await role.drain(5_000);
		await edge.close();
		ledger.close();
	}
	const leave = async (host: Host) => {
		hosts.splice(hosts.indexOf(host), 1);
		await end(host);
	};

	const write = (name: string, content: string) => writeFileSync(join(spine.path, "data", name), content);
	const events = async (): Promise<FileSettled[]> => {
		if ((await spine.log.end()) === undefined) return [];
		const records = await spine.log.open(undefined).read(1_000, new AbortController().signal);
		return records.map(({ body }) => JSON.parse(body));
	};
	const published = async () => (await events()).map(({ acquisition }) => acquisition.key);
	const stateOf = (host: Host, name: string) => host.ledger.find("plates", name)?.state;
	const becomes = (host: Host, name: string, state: string) =>
		until(`${name} is ${state}`, () => stateOf(host, name) === state);
	const recognized = ({ told }: Host) =>
		told.reduce((sum, event) => sum + (event.event === "units.recognized" ? event.units : 0), 0);

	/** What the flow does, and a worker with those that are named. */
	async function takeIn(...done: readonly string[]): Promise<void> {
		await takeInBelow(undefined, ...done);
	}

	async function takeInBelow(elsewhere: string | undefined, ...done: readonly string[]): Promise<void> {
		for (const { id, root, traceparent, acquisition } of await events()) {
			const event = { id, root: elsewhere ?? root, traceparent };
			await spine.catalog.commitIntake(intake([arrival(acquisition, { event })], { now: Date.now() }));
			if (done.includes(acquisition.key)) await analysed(spine.catalog, plan(acquisition).id, Date.now());
		}
	}

	it("one watches it, the other stands by, and takes over at once when that ends: what is known is neither read nor published again", async () => {
		const first = await start("first");
		write("done.csv", "1");
		write("taken.csv", "2");
		write("changes.csv", "3");
		for (const name of ["done.csv", "taken.csv", "changes.csv"]) await becomes(first, name, "settled");
		await takeIn("done.csv");
		const second = await start("second");
		expect(second.told).toContainEqual(
			expect.objectContaining({ event: "source.standby", source: "plates", holder: "first", lost: false }),
		);
		write("late.csv", "4");
		await becomes(first, "late.csv", "settled");
		expect([...second.ledger.entries("plates")]).toEqual([]);
		await leave(first);
		write("changes.csv", "another 3");
		write("new.csv", "5");
		await becomes(second, "done.csv", "analysed");
		for (const name of ["taken.csv", "new.csv", "changes.csv"]) await becomes(second, name, "settled");
		await becomes(second, "late.csv", "settled");
		expect(recognized(second)).toBe(2);
		expect((await published()).sort()).toEqual(
			["changes.csv", "changes.csv", "done.csv", "late.csv", "late.csv", "new.csv", "taken.csv"].sort(),
		);
		await until("nothing is on its way", () => second.role.idle());
	});

	it("what waits for its run below the path of a host that is gone is published again, below ours", async () => {
		const first = await start("first");
		write("done.csv", "1");
		write("waits.csv", "2");
		for (const name of ["done.csv", "waits.csv"]) await becomes(first, name, "settled");
		await takeInBelow("/mnt/elsewhere", "done.csv");
		await leave(first);
		const second = await start("second");
		await becomes(second, "done.csv", "analysed");
		await becomes(second, "waits.csv", "settled");
		expect(recognized(second)).toBe(1);
		expect((await published()).sort()).toEqual(["done.csv", "waits.csv", "waits.csv"]);
		const roots = (await events()).map(({ root }) => root);
		expect(roots.at(-1)).toBe(join(spine.path, "data"));
	});

	it("one that comes back to its own share, which nobody had meanwhile, asks the catalog nothing", async () => {
		const first = await start("first");
		write("a.csv", "1");
		await becomes(first, "a.csv", "settled");
		await takeIn();
		await leave(first);
		write("a.csv", "another");
		write("b.csv", "2");
		const again = await start("first");
		await becomes(again, "b.csv", "settled");
		await becomes(again, "a.csv", "settled");
		expect(recognized(again)).toBe(0);
		expect((await published()).sort()).toEqual(["a.csv", "a.csv", "b.csv"]);
	});

	it("one whose lease went to another while it was suspended judges nothing more, until it is given it again", async () => {
		const sleeper = await start("sleeper");
		write("a.csv", "1");
		await becomes(sleeper, "a.csv", "settled");
		await takeIn("a.csv");
		const other = await start("other", {}, 60_000);
		const lost = expect.objectContaining({ event: "source.standby", holder: "other", lost: true });
		await until("it has noticed", () => sleeper.told.some((event) => lost.asymmetricMatch(event)));
		write("b.csv", "2");
		await becomes(other, "b.csv", "settled");
		await becomes(other, "a.csv", "analysed");
		expect(stateOf(sleeper, "b.csv")).not.toBe("settled");
		await until("what is the other's is not waited for", () => sleeper.role.idle());
		await takeIn();
		await leave(other);
		await becomes(sleeper, "b.csv", "settled");
		expect([recognized(other), recognized(sleeper)]).toEqual([1, 1]);
		expect(sleeper.told).toContainEqual({ event: "source.taken", source: "plates" });
		expect(await published()).toEqual(["a.csv", "b.csv"]);
	});

	it("one that stands by publishes nothing of what it held back when the source is resumed: it is an old version by now", async () => {
		held = { on: { type: "source", name: "plates" }, since: 1, by: "user:anna", why: undefined };
		const before = await start("first");
		write("a.csv", "old");
		await becomes(before, "a.csv", "settled");
		await leave(before);
		const second = await start("second");
		await until("it is taken over", () => second.role.watches("plates"));
		const first = await start("first");
		write("a.csv", "new version");
		await until("it is seen", () => second.ledger.find("plates", "a.csv")?.stat.size === 11, 20_000);
		await becomes(second, "a.csv", "settled");
		held = undefined;
		await until("it goes on", () => second.told.some(({ event }) => event === "source.resumed"));
		await pause(1_500, { clock: systemClock, signal: new AbortController().signal });
		expect(first.role.watches("plates")).toBe(false);
		expect((await events()).map(({ acquisition }) => acquisition.members[0]?.size)).toEqual([11]);
	});

	it("a host that lost its ledger goes on with what the catalog knows", async () => {
		const alone = await start("alone", {}, Number.NaN);
		for (let n = 0; n < 10; n++) write(`${n}.csv`, `${n}`);
		for (let n = 0; n < 10; n++) await becomes(alone, `${n}.csv`, "settled");
		await takeIn("0.csv", "1.csv");
		await leave(alone);
		write("more.csv", "more");
		const anew = await start("anew", {}, Number.NaN);
		await becomes(anew, "more.csv", "settled");
		for (let n = 2; n < 10; n++) await becomes(anew, `${n}.csv`, "settled");
		for (let n = 0; n < 2; n++) await becomes(anew, `${n}.csv`, "analysed");
		expect(recognized(anew)).toBe(10);
		expect(await published()).toHaveLength(11);
		const later = (await events()).at(-1) as FileSettled;
		const event = { id: later.id, root: later.root, traceparent: later.traceparent };
		await spine.catalog.commitIntake(intake([arrival(later.acquisition, { event })], { now: Date.now() }));
		await analysed(spine.catalog, plan(later.acquisition).id, Date.now());
		await becomes(anew, "more.csv", "analysed");
	});

	it("what was there before the first start is not new for who takes over, and what came since is not old", async () => {
		write("old.csv", "old");
		const changes = { existing: "ignore" as const };
		const first = await start("first", changes);
		await becomes(first, "old.csv", "ignored");
		write("a.csv", "1");
		await becomes(first, "a.csv", "settled");
		await takeIn();
		await leave(first);
		write("b.csv", "2");
		const second = await start("second", changes);
		await becomes(second, "b.csv", "settled");
		await becomes(second, "a.csv", "settled");
		expect(stateOf(second, "old.csv")).toBe("ignored");
		expect((await published()).sort()).toEqual(["a.csv", "b.csv"]);
	});
});
