import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createEdge, type Edge } from "#app/edge.ts";
import { systemClock } from "#core/clock.ts";
import { untraced } from "#core/ports/tracer.ts";
import { WakeUp } from "#core/wake-up.ts";
import type { FileSettled } from "#domain/acquisition.ts";
import type { OperationKind, Target } from "#domain/operation.ts";
import { carryAtEdge } from "#runtime/carry-at-edge.ts";
import { Carrying } from "#runtime/carrying.ts";
import { Paused } from "#runtime/paused.ts";
import { WatchRole } from "#runtime/watch-role.ts";
import { settingsOf } from "#test/support/one-source.ts";
import { Spine, until } from "#test/support/spine.ts";

const source: Target = { type: "source", name: "plates" };
const file = (path: string): Target => ({ type: "file", name: "plates", path });

let spine: Spine;
let end: (() => Promise<void>) | undefined;

beforeEach(async () => {
	spine = await Spine.open();
	mkdirSync(join(spine.path, "data"), { recursive: true });
});
afterEach(async () => {
	await end?.();
	await spine.close();
});

/** A process with the role watch, as `up` puts it together. */
async function start(): Promise<Edge> {
	const { ledger, log, queue, catalog, objects, report, onBroken, path } = spine;
	const observed = new WakeUp();
	const clock = systemClock;
	const common = { ledger, log, queue, catalog, objects, clock, report, tracer: untraced, observed, onBroken };
	const watches = (name: string): boolean => role.watches(name);
	const edge = createEdge(settingsOf(path, { exclude: ["**/*.tmp"] }), { ...common, watches, serves: false });
	const { operations } = catalog;
	const paused = new Paused({ operations, process: "host:1", asked, clock, report, onBroken });
	const role = new WatchRole({ ...common, ...edge, leases: undefined, concluded: new WakeUp(), paused });
	const carrying = new Carrying({
		operations,
		paused,
		clock,
		report,
		onBroken,
		ours: () => ({ kinds: ["rescan", "quarantine", "release"], sources: ["plates"].filter(watches) }),
		carry: carryAtEdge({ ...edge, ledger, paused, clock, observed }),
		atOnce: 16,
	});
	await paused.start();
	carrying.start();
	await role.start();
	end = async () => {
		await carrying.stop();
		await role.drain(5_000);
		await edge.close();
		await paused.stop();
		end = undefined;
	};
	return edge;
}

let asked = new WakeUp();
beforeEach(() => {
	asked = new WakeUp();
});

async function ask(kind: OperationKind, target: Target): Promise<string> {
	const { operation } = await spine.catalog.operations.request({ kind, target, by: "user:anna" }, Date.now());
	asked.ring();
	return operation.id;
}

async function carriedOut(id: string) {
	const row = async () => await spine.catalog.operations.one(id);
	await until("it was carried out", async () => ["completed", "failed"].includes((await row())?.state ?? ""));
	return await row();
}

async function write(name: string, content: string): Promise<void> {
	const path = join(spine.path, "data", name);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, content);
}

const stateOf = (name: string) => spine.ledger.find("plates", name)?.state;

async function published(): Promise<string[]> {
	const [partition] = spine.log.partitions;
	if ((await partition.end()) === undefined) return [];
	const reader = partition.open(undefined);
	try {
		const records = await reader.read(100, AbortSignal.timeout(5_000));
		return records.map(({ body }) => (JSON.parse(body) as FileSettled).acquisition.key);
	} finally {
		reader.close();
	}
}

it("a paused source notices files, which settle, also across a restart; what settled is published when it is resumed", async () => {
	await ask("pause", source);
	await start();
	await write("a.csv", "1");
	await until("it has settled", () => stateOf("a.csv") === "settled");
	expect(await published()).toEqual([]);
	await end?.();
	await start();
	await write("b.csv", "2");
	await until("it has settled", () => stateOf("b.csv") === "settled");
	expect(await published()).toEqual([]);
	await ask("resume", source);
	await until("both are published", async () => (await published()).length === 2);
	await write("c.csv", "3");
	await until("what comes then is", async () => (await published()).length === 3);
	expect((await published()).sort()).toEqual(["a.csv", "b.csv", "c.csv"]);
	expect(spine.events("source.resumed")).toMatchObject([{ source: "plates", units: 2 }]);
});

it("what settled before a kill, and was resumed while nothing ran, is published at the next start", async () => {
	await ask("pause", source);
	await start();
	await write("a.csv", "1");
	await until("it has settled", () => stateOf("a.csv") === "settled");
	await end?.();
	await ask("resume", source);
	await start();
	await until("it is published", async () => (await published()).join() === "a.csv");
});

it("a source that is paused again while what settled is published loses nothing", async () => {
	await start();
	for (let round = 0; round < 4; round++) {
		await ask("pause", source);
		await until("it is heard", () => spine.events("pauses.changed").at(-1)?.held.length === 1);
		for (const i of [0, 1, 2]) await write(`${round}-${i}.csv`, `${round} ${i}`);
		await until(
			"they have settled",
			() =>
				stateOf(`${round}-2.csv`) === "settled" &&
				stateOf(`${round}-0.csv`) === "settled" &&
				stateOf(`${round}-1.csv`) === "settled",
		);
		await ask("resume", source);
		await until("it is heard", () => spine.events("pauses.changed").at(-1)?.held.length === 0);
	}
	await until("all are published", async () => new Set(await published()).size === 12, 30_000);
});

it("a file in quarantine is not published, in no version, until it is released", async () => {
	await start();
	await write("a.csv", "1");
	await until("it is published", async () => (await published()).length === 1);
	const id = await ask("quarantine", file("a.csv"));
	expect(await carriedOut(id)).toMatchObject({
		state: "completed",
		progress: { message: expect.stringMatching(/what was taken in before stays/) },
	});
	expect(spine.ledger.find("plates", "a.csv")).toMatchObject({
		state: "quarantined",
		reason: expect.stringMatching(/by user:anna/),
	});
	await write("a.csv", "another version");
	await until("it was judged again", () =>
		spine.events("unit.refused").some(({ error }) => error.code === "QUARANTINED"),
	);
	await end?.();
	await start();
	await write("b.csv", "2");
	await until("others are published", async () => (await published()).includes("b.csv"));
	expect(await published()).toEqual(["a.csv", "b.csv"]);
	expect(stateOf("a.csv")).toBe("quarantined");
	await carriedOut(await ask("release", file("a.csv")));
	await until("it is published", async () => (await published()).length === 3);
	expect(await carriedOut(await ask("release", file("a.csv")))).toMatchObject({
		progress: { message: expect.stringMatching(/is not in quarantine/) },
	});
});

it("a file that is not there, or is ignored, is refused, and nothing is held back", async () => {
	await start();
	await write("notes.tmp", "1");
	expect(await carriedOut(await ask("quarantine", file("none.csv")))).toMatchObject({
		state: "failed",
		error: { code: "TARGET_UNKNOWN" },
	});
	await until("it was seen", () => stateOf("notes.tmp") === "ignored");
	expect(await carriedOut(await ask("quarantine", file("notes.tmp")))).toMatchObject({
		state: "failed",
		error: { code: "OPERATION_REFUSED", message: expect.stringMatching(/is ignored anyway/) },
	});
	expect(await spine.catalog.operations.pauses(Date.now())).toEqual([]);
});

it("a rescan finds what no event told of, once for each that was asked for", async () => {
	await start();
	const scans = () => spine.events("source.scanned").length;
	const before = scans();
	const id = await ask("rescan", source);
	expect(await carriedOut(id)).toMatchObject({
		state: "completed",
		progress: { message: expect.stringMatching(/was compared with the ledger/) },
	});
	expect(scans()).toBe(before + 1);
	expect(spine.events("operation.ended")).toMatchObject([{ kind: "rescan", by: "user:anna", state: "completed" }]);
});

it("what was asked for while nobody watched, or was not ended, is carried out by who watches next", async () => {
	const id = await ask("rescan", source);
	await spine.catalog.operations.tell(id, { done: 0, total: 0, message: "scanning" }, Date.now());
	await start();
	expect(await carriedOut(id)).toMatchObject({ state: "completed" });
});
