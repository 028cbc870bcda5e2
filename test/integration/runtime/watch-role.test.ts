import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEdge, type Edge } from "#app/edge.ts";
import { transient } from "#core/errors.ts";
import { type Tracer, untraced } from "#core/ports/tracer.ts";
import { WakeUp } from "#core/wake-up.ts";
import type { Acquisition, FileSettled } from "#domain/acquisition.ts";
import { inputKey } from "#domain/object-keys.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { type WatchContext, WatchRole } from "#runtime/watch-role.ts";
import { complete as analysed, arrival, claimed, endOf, intake, plan } from "#test/support/acquisitions.ts";
import { collectedSpans, treeOf } from "#test/support/collected-spans.ts";
import { nothingPaused } from "#test/support/nothing-paused.ts";
import { complete, settingsOf } from "#test/support/one-source.ts";
import { SetClock } from "#test/support/set-clock.ts";
import { Spine, until } from "#test/support/spine.ts";

const hourMs = 3_600_000;

describe("the watch role", () => {
	let spine: Spine;
	let edge: Edge;
	let role: WatchRole;
	let clock: SetClock;
	beforeEach(async () => {
		spine = await Spine.open();
		mkdirSync(join(spine.path, "data"));
		clock = new SetClock();
		make();
	});
	afterEach(async () => {
		await end();
		await spine.close();
	});

	const paused: WatchContext["paused"] = nothingPaused;
	function make(changes: Partial<SourceSettings> = {}, tracer: Tracer = untraced, judge?: Edge["judge"]): void {
		const { ledger, log, queue, catalog, objects, report, onBroken, path } = spine;
		const observed = new WakeUp();
		edge = createEdge(settingsOf(path, changes), {
			...{ ledger, objects, queue, catalog, clock, report, observed, onBroken },
			watches: (source) => role.watches(source),
		});
		role = new WatchRole({
			...edge,
			...(judge && { judge }),
			ledger,
			log,
			catalog,
			leases: undefined,
			clock,
			report,
			tracer,
			observed,
			concluded: new WakeUp(),
			paused,
			onBroken,
		});
	}
	async function end(): Promise<void> {
		await role.drain(5_000);
		await edge.close();
	}

	const write = (name: string, content: string) => writeFileSync(join(spine.path, "data", name), content);
	const stateOf = (name: string) => spine.ledger.find("plates", name)?.state;
	const published = async (): Promise<Acquisition[]> => {
		const end = await spine.log.end();
		if (end === undefined) return [];
		const records = await spine.log.open(undefined).read(1_000, new AbortController().signal);
		return records.map(({ body }) => (JSON.parse(body) as FileSettled).acquisition);
	};
	const publishedKeys = async () => (await published()).map(({ key }) => key).sort();
	const settles = (name: string) => until(`${name} has settled`, () => stateOf(name) === "settled");

	/** What the flow does with the last thing that was published. Gives its job. */
	async function takeIn(): Promise<string> {
		const taken = (await published()).at(-1) as Acquisition;
		await spine.catalog.commitIntake(intake([arrival(taken)], { now: Date.now() }));
		return plan(taken).id;
	}

	it("publishes what is written, once, from the hint to the log", async () => {
		await role.start();
		write("a.csv", "1");
		write("b.csv", "2");
		await settles("a.csv");
		await settles("b.csv");
		expect(await publishedKeys()).toEqual(["a.csv", "b.csv"]);
		await until("nothing is on its way", () => role.idle());
	});

	it("has what a source keeps in the archive before it publishes it, and calls it verified", async () => {
		await end();
		make({ archive: true });
		await role.start();
		write("a.csv", "1");
		await until("a.csv is verified", () => stateOf("a.csv") === "verified");
		const digests = (await published()).flatMap(({ members }) => members.map(({ sha256 }) => sha256));
		expect(digests).toHaveLength(1);
		expect(await text(await spine.objects.get(inputKey(digests[0] as string)))).toBe("1");
	});

	it("leaves a trace of each version, from the change that was noticed to the log", async () => {
		await end();
		const { tracer, spans, named } = collectedSpans();
		make({ archive: true }, tracer);
		await role.start();
		write("a.csv", "1");
		await until("it is published", () => named("acquire").length === 1);
		expect(treeOf(spans)).toEqual(["acquire", "  settle", "  hash", "  archive", "  publish"]);
		const [event] = await spine.log.open(undefined).read(1, new AbortController().signal);
		expect(event?.traceparent).toBe(named("publish")[0]?.at.traceparent);
		expect(named("acquire")[0]?.attributes).toMatchObject({ "file.path": "a.csv", "file.size": 1 });
		write("a.csv", "12");
		await until("its second version is as well", () => named("acquire").length === 2);
		const [first, second] = named("acquire");
		expect(second?.at.traceparent.slice(0, 35)).not.toBe(first?.at.traceparent.slice(0, 35));
	});

	it("leaves a trace of what it refuses, once", async () => {
		await end();
		const { tracer, spans, named } = collectedSpans({ share: 0, mostPerSecond: 1 });
		const cause = transient("UNREADABLE", "permission denied");
		make({}, tracer, async () => ({ kind: "refused", cause }));
		await role.start();
		write("a.csv", "1");
		await until("it is refused", () => stateOf("a.csv") === "quarantined");
		expect(treeOf(spans)).toEqual(["acquire", "  settle"]);
		expect(named("acquire")[0]?.failure).toMatchObject({ code: "UNREADABLE" });
		spine.ledger.shift(-60_000);
		await until("it is looked at again", () => spine.events("unit.refused").length === 2);
		expect(named("acquire")).toHaveLength(1);
	});

	it("publishes what was there before it was started, and nothing twice over a restart", async () => {
		write("a.csv", "1");
		await role.start();
		await settles("a.csv");
		await end();
		make();
		await role.start();
		await until("all was looked at", () => role.idle());
		expect(await publishedKeys()).toEqual(["a.csv"]);
	});

	it("publishes a file again whose content changed, and waits until it is quiet", async () => {
		await role.start();
		write("a.csv", "1");
		await settles("a.csv");
		write("a.csv", "12");
		await until("both versions are published", async () => (await published()).length === 2);
		expect((await published()).map(({ members }) => members[0]?.size)).toEqual([1, 2]);
	});

	it("says analysed of what has a result", async () => {
		await role.start();
		write("a.csv", "1");
		await settles("a.csv");
		await analysed(spine.catalog, await takeIn(), Date.now());
		await until("it is analysed", () => stateOf("a.csv") === "analysed");
	});

	it("takes back to settling what R says is not ready, publishes it again, and no retry is consumed", async () => {
		await end();
		const { tracer, spans } = collectedSpans();
		make({}, tracer);
		await role.start();
		write("a.csv", "1");
		await settles("a.csv");
		const id = await takeIn();
		const now = Date.now();
		const over = endOf(await claimed(spine.catalog, id, now), { outcome: "not-ready", now, againAt: now + 300 });
		await spine.catalog.endAttempt(over);
		await until("it is published again", async () => (await published()).length === 2);
		await takeIn();
		expect(await spine.catalog.job(id)).toMatchObject({ state: "queued", attemptsUsed: 0 });
		// One trace, with one root.
		const once = ["settle", "hash", "publish"];
		await until("its hops are told of", () => spans.length === 7);
		expect(treeOf(spans)).toEqual(["acquire", ...[...once, ...once].map((name) => `  ${name}`)]);
	});

	it("looks again at a file that a run found changed, where nobody told of the change", async () => {
		await end();
		make({ mode: "poll", pollEveryMs: hourMs, scanEveryMs: hourMs });
		write("a.csv", "1");
		await role.start();
		await settles("a.csv");
		const job = await claimed(spine.catalog, await takeIn(), Date.now());
		write("a.csv", "12");
		const cause = { class: "permanent", code: "INPUT_CHANGED", message: "a.csv changed" } as const;
		await spine.catalog.endAttempt(endOf(job, { outcome: "lost", cause, now: Date.now() }));
		await until("its final version is published", async () => (await published()).at(-1)?.members[0]?.size === 2);
	});

	it("lets nothing wait an hour more when the clock is stepped back an hour", async () => {
		await end();
		make({ complete: { ...complete, quietMs: 2_500 } });
		await role.start();
		write("a.csv", "1");
		await until("it settles", () => stateOf("a.csv") === "settling" || stateOf("a.csv") === "seen");
		clock.byMs = -hourMs;
		await settles("a.csv");
		expect(spine.events("clock.stepped")).toHaveLength(1);
		expect(spine.events("clock.stepped")[0]?.byMs).toBeLessThan(-hourMs + 1_000);
	});

	it("can be drained before it is started, twice, and is not started afterwards", async () => {
		await role.drain(100);
		await role.start();
		write("a.csv", "1");
		await role.drain(100);
		expect(await publishedKeys()).toEqual([]);
		expect(spine.events("source.ready")).toEqual([]);
	});
});
