import { delay, map, type Observable, pipe } from "rxjs";
import { describe, expect, it } from "vitest";
import { permanent, transient } from "#core/errors.ts";
import { delivered, type Outcome, rejected, retry } from "#core/outcome.ts";
import type { Stage } from "#core/stage.ts";
import { type Group, type GroupOptions, group } from "#stages/group.ts";
import { DooredRoom } from "./doored-room.ts";
import { patientMarbles, type StageMarbles } from "./marbles.ts";

/** A letter is a member, upper and lower case of it belong together; a group has two, and waits 10 ms for the second. */
function pairing(
	{ scheduler }: StageMarbles,
	room: DooredRoom<string>,
	changes: Partial<GroupOptions<string>> = {},
): Stage<string, Group<string>> {
	return group({
		room,
		place: (letter) => (letter === "-" ? undefined : { key: letter.toLowerCase(), id: letter }),
		complete: (members) => members.length >= 2,
		timeMs: 10,
		scheduler,
		...changes,
	});
}

/** `ab`, and `a?` for an incomplete one. */
const shown = (groups$: Observable<Group<string>>) =>
	groups$.pipe(map(({ members, complete }) => members.join("") + (complete ? "" : "?")));
const away = (afterMs: number) => retry(transient("AWAY", "away"), afterMs);

/** The outcomes given, one after the other; delivered after the last. */
function inTurn(...outcomes: Outcome[]): () => Outcome {
	return () => outcomes.shift() ?? delivered;
}

describe("group", () => {
	it("delivers a member once its row is written, and passes the group when its last member comes", async () => {
		const room = new DooredRoom<string>();
		await patientMarbles((t) => {
			const source$ = t.hot(" a-b-A---|");
			const expected = "      ----x---|";
			const resolved = "      a-b-A";
			const subscription = "  ^-------!";
			t.expectObservable(shown(t.through(source$, pairing(t, room)))).toBe(expected, { x: "aA" });
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
		expect(await room.waiting()).toEqual(["b"]);
	});

	it("resolves the member that completed a group after the group, with its outcome", async () => {
		await patientMarbles((t) => {
			const stage = pipe(pairing(t, new DooredRoom()), delay(3, t.scheduler));
			t.expectObservable(shown(t.through(t.hot("a-A------|"), stage, () => away(5)))).toBe("-----x---|", { x: "aA" });
			t.expectObservable(t.resolved$).toBe("a----A", { a: "a", A: "A retry AWAY after 5" });
		});
	});

	it("passes a group once, however closely its members come", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot("(aA)---|");
			t.expectObservable(shown(t.through(source$, pairing(t, new DooredRoom())))).toBe("x------|", { x: "aA" });
			t.expectObservable(t.resolved$).toBe("(aA)");
		});
	});

	it("passes a group as it is when its time is over", async () => {
		const room = new DooredRoom<string>();
		await patientMarbles((t) => {
			const source$ = t.hot(" -a-b-----------|");
			const expected = "      -----------x-y-|";
			const subscription = "  ^--------------!";
			t.expectObservable(shown(t.through(source$, pairing(t, room)))).toBe(expected, { x: "a?", y: "b?" });
			t.expectObservable(t.resolved$).toBe("-a-b");
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
		expect(await room.waiting()).toEqual([]);
	});

	it("passes the whole group again when a late member comes", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot(" a-----------A---|");
			const expected = "      ----------x-y---|";
			t.expectObservable(shown(t.through(source$, pairing(t, new DooredRoom())))).toBe(expected, { x: "a?", y: "aA" });
		});
	});

	it("passes at once the group of a late member that still does not complete it", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot(" a-----------A---|");
			const expected = "      ----------x-y---|";
			const stage = pairing(t, new DooredRoom(), { complete: (members) => members.length >= 3 });
			t.expectObservable(shown(t.through(source$, stage))).toBe(expected, { x: "a?", y: "aA?" });
		});
	});

	it("keeps what comes while the group is on its way, and passes it with the group after that", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot(" aAB----------|");
			const expected = "      -----x---y---|";
			const stage = pairing(t, new DooredRoom(), { place: (id) => ({ key: "k", id }) });
			t.expectObservable(shown(t.through(source$, pipe(stage, delay(4, t.scheduler))))).toBe(expected, {
				x: "aA",
				y: "aAB",
			});
			t.expectObservable(t.resolved$).toBe("a----A---B");
		});
	});

	it("lets a member that comes again while its group is on its way follow the group", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot(" aA-a---------|");
			const expected = "      -----x-------|";
			const stage = pipe(pairing(t, new DooredRoom()), delay(4, t.scheduler));
			t.expectObservable(shown(t.through(source$, stage))).toBe(expected, { x: "aA" });
			t.expectObservable(t.resolved$).toBe("a----(Aa)");
		});
	});

	it("passes a group that came back when the member comes back that completed it", async () => {
		const room = new DooredRoom<string>();
		await patientMarbles((t) => {
			const source$ = t.hot(" a-A-----A-|");
			const expected = "      --x-----x-|";
			const resolved = "      a-r-----A";
			t.expectObservable(shown(t.through(source$, pairing(t, room), inTurn(away(3))))).toBe(expected, { x: "aA" });
			t.expectObservable(t.resolved$).toBe(resolved, { a: "a", A: "A", r: "A retry AWAY after 3" });
		});
		expect(await room.waiting()).toEqual([]);
	});

	it("passes again by itself a group whose time was over and that came back", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot(" a-----------------|");
			const expected = "      ----------x---x---|";
			t.expectObservable(shown(t.through(source$, pairing(t, new DooredRoom()), inTurn(away(4))))).toBe(expected, {
				x: "a?",
			});
		});
	});

	it("tells of a group that was rejected, and forgets its members", async () => {
		const room = new DooredRoom<string>();
		const told: [string, string][] = [];
		await patientMarbles((t) => {
			const source$ = t.hot(" a-A-a-A-|");
			const expected = "      --x---x-|";
			const resolved = "      a-r-a-A";
			const stage = pairing(t, room, { rejected: ({ key }, { code }) => told.push([key, code]) });
			t.expectObservable(shown(t.through(source$, stage, inTurn(rejected(permanent("BAD", "bad")))))).toBe(expected, {
				x: "aA",
			});
			t.expectObservable(t.resolved$).toBe(resolved, { a: "a", A: "A", r: "A rejected BAD" });
		});
		expect(told).toEqual([["a", "BAD"]]);
	});

	it("delivers what belongs to no group", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot("a-|").pipe(map(() => "-"));
			t.expectObservable(shown(t.through(source$, pairing(t, new DooredRoom())))).toBe("--|");
			t.expectObservable(t.resolved$).toBe("x", { x: "-" });
		});
	});

	it("goes on with what waits from an earlier life", async () => {
		const room = new DooredRoom<string>();
		await room.put({ key: "a", id: "a", value: "a", since: -20, dueAt: -10 });
		await room.put({ key: "b", id: "b", value: "b", since: -6, dueAt: 4 });
		await patientMarbles((t) => {
			const source$ = t.hot(" ------B-|");
			const expected = "      x---y-z-|";
			const values = { x: "a?", y: "b?", z: "bB" };
			t.expectObservable(shown(t.through(source$, pairing(t, room)))).toBe(expected, values);
		});
	});

	it("sends back a member that the room could not take, and looks again when it may be back", async () => {
		const room = new DooredRoom<string>();
		await room.put({ key: "b", id: "b", value: "b", since: -20, dueAt: -10 });
		room.door = () => Promise.reject(transient("ROOM_AWAY", "the room is away"));
		await patientMarbles((t) => {
			t.scheduler.schedule(() => {
				room.door = () => Promise.resolve();
			}, 5);
			const source$ = t.hot(" a 1s --|");
			const expected = "      - 999ms x--|";
			t.expectObservable(shown(t.through(source$, pairing(t, room)))).toBe(expected, { x: "b?" });
			t.expectObservable(t.resolved$).toBe("a", { a: "a retry ROOM_AWAY" });
		});
	});

	it("is broken when the room fails with what does not pass", async () => {
		const room = new DooredRoom<string>();
		const broken = permanent("CORRUPT", "the room is corrupt");
		room.door = () => Promise.reject(broken);
		await patientMarbles((t) => {
			t.expectObservable(shown(t.through(t.hot("--|"), pairing(t, room)))).toBe("#", {}, broken);
		});
	});

	it.each([
		["it is unsubscribed", "ab----", "^!", "--", "^!"],
		["the source fails", "   a#", "   ^ ", "-#", "^!"],
	])("leaves in the room what waits there when %s", async (_, source, until, expected, subscription) => {
		const room = new DooredRoom<string>();
		await patientMarbles((t) => {
			const source$ = t.hot(source);
			t.expectObservable(shown(t.through(source$, pairing(t, room))), until).toBe(expected);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
		expect(await room.waiting()).toContain("a");
	});
});

describe("a group of once", () => {
	const batching = (t: StageMarbles, room: DooredRoom<string>) =>
		pairing(t, room, { place: (id) => ({ key: "batch", id }), once: true });

	it("is a batch that survives: what went on is in no other, and the next member begins a new one", async () => {
		const room = new DooredRoom<string>();
		await patientMarbles((t) => {
			const source$ = t.hot(" (abcde)--------|");
			const expected = "      (xy)------z----|";
			const values = { x: "ab", y: "cd", z: "e?" };
			t.expectObservable(shown(t.through(source$, batching(t, room)))).toBe(expected, values);
			t.expectSubscriptions(source$.subscriptions).toBe("^--------------!");
		});
		expect(await room.waiting()).toEqual([]);
	});

	it("delivers a member that comes again after its batch went on, and puts it in no other", async () => {
		const room = new DooredRoom<string>();
		await patientMarbles((t) => {
			const source$ = t.hot(" abac-b-d--|");
			const expected = "      -x-----y--|";
			t.expectObservable(shown(t.through(source$, batching(t, room)))).toBe(expected, { x: "ab", y: "cd" });
			t.expectObservable(t.resolved$).toBe("abac-b-d");
		});
		expect(await room.waiting()).toEqual([]);
	});

	it("goes on after a restart with the very messages that were on their way", async () => {
		const room = new DooredRoom<string>();
		await patientMarbles((t) => {
			// Nobody resolves this life's first batch.
			const stage = pipe(batching(t, room), delay(100, t.scheduler));
			t.expectObservable(shown(t.through(t.hot("abc--"), stage)), "^---!").toBe("-----");
		});
		await patientMarbles((t) => {
			const source$ = t.hot(" b-|");
			t.expectObservable(shown(t.through(source$, batching(t, room)))).toBe("x-|", { x: "ab" });
		});
		expect(await room.waiting()).toEqual(["c"]);
	});
});
