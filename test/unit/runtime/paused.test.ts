import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { transient } from "#core/errors.ts";
import type { OperationsCatalog } from "#core/ports/operations.ts";
import { WakeUp } from "#core/wake-up.ts";
import { everything, type OperationKind, type Target } from "#domain/operation.ts";
import { Paused } from "#runtime/paused.ts";
import { ManualClock, settled } from "#test/support/manual-clock.ts";
import { Spine, until } from "#test/support/spine.ts";

const here: Target = { type: "process", name: "host:1" };

describe("what is held back, as a process knows it", () => {
	let spine: Spine;
	let clock: ManualClock;
	let paused: Paused;
	let asked: WakeUp;
	beforeEach(async () => {
		spine = await Spine.open();
		clock = new ManualClock();
		asked = new WakeUp();
	});
	afterEach(async () => {
		await paused.stop();
		await spine.close();
	});

	async function start(changes: Partial<OperationsCatalog> = {}): Promise<void> {
		const { catalog, report, onBroken } = spine;
		const own = catalog.operations;
		const operations = new Proxy(own, {
			get: (_, name) => {
				const method = changes[name as keyof OperationsCatalog] ?? own[name as keyof OperationsCatalog];
				return method.bind(own);
			},
		});
		paused = new Paused({ operations, process: "host:1", asked, clock, report, onBroken });
		await paused.start();
	}

	async function ask(kind: OperationKind, target: Target): Promise<void> {
		await spine.catalog.operations.request({ kind, target, by: "user:anna" }, clock.now());
	}

	/** Looks of a process that nobody rings. */
	async function look(ms = 1_000): Promise<void> {
		await settled();
		await clock.advance(ms);
		for (let i = 0; i < 20; i++) await new Promise(setImmediate);
	}

	it("is known from the start, and within a second of what another process asked for", async () => {
		await ask("pause", { type: "source", name: "plates" });
		await start();
		expect(paused.source("plates")).toMatchObject({ by: "user:anna" });
		expect(paused.source("others")).toBeUndefined();
		await ask("quarantine", { type: "file", name: "plates", path: "a.csv" });
		await ask("resume", { type: "source", name: "plates" });
		await look();
		await until("it is heard", () => paused.source("plates") === undefined);
		expect(paused.file("plates", "a.csv")).toBeDefined();
		expect(paused.file("others", "a.csv")).toBeUndefined();
		expect(spine.events("pauses.changed").map(({ held, files }) => [held.length, files])).toEqual([
			[1, 0],
			[0, 1],
		]);
	});

	it("is heard at once where somebody rings, by all who listen", async () => {
		await start();
		let heard = 0;
		const unheard = paused.onChange(() => {
			heard += 1;
		});
		await ask("drain", everything);
		asked.ring();
		await until("it is heard", () => paused.drained !== undefined);
		expect([heard, paused.source("any")]).toEqual([1, paused.drained]);
		unheard();
		await ask("resume", everything);
		asked.ring();
		await until("it is heard", () => paused.drained === undefined);
		expect(heard).toBe(1);
	});

	it("is what it was last while the catalog is away", async () => {
		let away = false;
		const latest = async () => {
			if (away) throw transient("DATABASE_AWAY", "nobody answers");
			return await spine.catalog.operations.latest();
		};
		await ask("drain", everything);
		await start({ latest });
		away = true;
		asked.ring();
		await until("it is told", () => spine.events("neighbour.away").length === 1);
		expect(paused.drained).toBeDefined();
		away = false;
		await ask("resume", everything);
		await look(10_000);
		await until("it is heard", () => paused.drained === undefined);
	});

	it("is nothing that was asked of a process that had our name before us", async () => {
		await ask("drain", here);
		await start();
		expect(paused.drained).toBeUndefined();
		const { items } = await spine.catalog.operations.page({ limit: 1, filter: {} });
		expect(items).toMatchObject([{ state: "completed", progress: { message: "the process has ended" } }]);
	});

	it("is kept as long as the process that drains is there, and of others as long as they are", async () => {
		await start();
		await ask("drain", here);
		await ask("drain", { type: "process", name: "host:2" });
		asked.ring();
		await until("it is heard", () => paused.drained !== undefined);
		const since = clock.now();
		await until("the other's is over", async () => {
			await look();
			return paused.all.length === 1 && clock.now() - since > 120_000;
		});
		expect(paused.drained?.on).toEqual(here);
	});

	it("is kept where the catalog was away for longer than a process that drains is waited for", async () => {
		let away = false;
		const own = spine.catalog.operations;
		const latest = async () => {
			if (away) throw transient("DATABASE_AWAY", "nobody answers");
			return await own.latest();
		};
		await start({ latest });
		await ask("drain", here);
		asked.ring();
		await until("it is heard", () => paused.drained !== undefined);
		away = true;
		for (let i = 0; i < 16; i++) await look(5_000);
		expect(await own.pauses(clock.now())).toEqual([]);
		away = false;
		await until("it is kept", async () => {
			await look(1_000);
			return (await own.pauses(clock.now())).length === 1;
		});
		expect(paused.drained?.on).toEqual(here);
	});
});
