import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Waiting, WaitingRoom } from "#core/ports/waiting-room.ts";

export interface RoomsUnderTest {
	room<T>(name: string): WaitingRoom<T>;
	/** As after the end of the process; asked for only of rooms that are durable. */
	reopen(): Promise<void>;
	close(): Promise<void>;
}

interface Plate {
	readonly plate: string;
	readonly wells?: number;
}

/** What everything that keeps waiting rooms must do. */
export function describeWaitingRoom(
	name: string,
	can: { readonly durable: boolean },
	open: () => Promise<RoomsUnderTest>,
): void {
	describe(`a waiting room of ${name}`, () => {
		let rooms: RoomsUnderTest;
		let room: WaitingRoom<Plate>;
		beforeEach(async () => {
			rooms = await open();
			room = rooms.room("screen");
		});
		afterEach(() => rooms.close());

		const put = async (entry: Waiting<Plate>) => (await room.put(entry)) ?? [];
		const waiting = (key: string, id: string, since: number, dueAt = since + 1_000): Waiting<Plate> => ({
			key,
			id,
			value: { plate: id },
			since,
			dueAt,
		});
		const ids = (members: readonly Waiting<Plate>[] | undefined) => members?.map(({ id }) => id);

		it("gives all that is known under the key, in order of arrival", async () => {
			const [b, a] = [waiting("S1", "b", 100), waiting("S1", "a", 200)];
			expect(await room.put(b)).toEqual([b]);
			await room.put(waiting("S2", "x", 150));
			expect(await room.put(a)).toEqual([b, a]);
		});

		it("replaces what is put again, in its place", async () => {
			await room.put(waiting("S1", "a", 100));
			await room.put(waiting("S1", "b", 200));
			const again = { ...waiting("S1", "a", 300), value: { plate: "a", wells: 96 } };
			expect(await room.put(again)).toEqual([again, waiting("S1", "b", 200)]);
		});

		it("is due when the time of its earliest member is over, for the whole key, earliest key first", async () => {
			await room.put(waiting("S1", "a", 100, 5_000));
			await room.put(waiting("S1", "b", 200, 2_000));
			await room.put(waiting("S2", "c", 300, 1_000));
			expect(await room.nextDue()).toBe(1_000);
			expect(await room.due(999, 10)).toEqual([]);
			expect((await room.due(2_000, 10)).map(ids)).toEqual([["c"], ["a", "b"]]);
			expect((await room.due(2_000, 1)).map(ids)).toEqual([["c"]]);
		});

		it("still knows what passed, and is not due for it", async () => {
			await room.pass("S1", await put(waiting("S1", "a", 100)));
			expect(await room.nextDue()).toBeUndefined();
			expect(await room.due(9_000, 10)).toEqual([]);
			expect(ids(await room.put(waiting("S1", "b", 8_000)))).toEqual(["a", "b"]);
			expect((await room.due(9_000, 10)).map(ids)).toEqual([["a", "b"]]);
		});

		it("forgets what left", async () => {
			await room.leave("S1", await put(waiting("S1", "a", 100)));
			expect(await room.nextDue()).toBeUndefined();
			expect(ids(await room.put(waiting("S1", "b", 200)))).toEqual(["b"]);
		});

		it("does not take again what departed, and takes everything else under the key", async () => {
			await room.put(waiting("S1", "a", 100));
			await room.depart("S1", await put(waiting("S1", "b", 150)));
			expect(await room.nextDue()).toBeUndefined();
			expect(await room.put(waiting("S1", "a", 5_000))).toBeUndefined();
			expect(ids(await room.put(waiting("S1", "c", 200)))).toEqual(["c"]);
			expect(ids(await room.put(waiting("S2", "a", 300)))).toEqual(["a"]);
			await room.depart("S1", [waiting("S1", "a", 100)]);
		});

		it.each(["pass", "leave"] as const)("lets a member wait that was put again before the %s", async (way) => {
			const seen = await put(waiting("S1", "a", 100));
			await room.put({ ...waiting("S1", "a", 100), value: { plate: "a", wells: 384 } });
			await room[way]("S1", seen);
			expect(await room.nextDue()).toBe(1_100);
		});

		it("lets a member wait again that is put after it passed", async () => {
			await room.pass("S1", await put(waiting("S1", "a", 100)));
			await room.put(waiting("S1", "a", 2_000));
			expect(await room.nextDue()).toBe(3_000);
		});

		it("keeps rooms apart", async () => {
			await room.put(waiting("S1", "a", 100));
			const other = rooms.room<Plate>("pairs");
			expect(await other.nextDue()).toBeUndefined();
			expect(ids(await other.put(waiting("S1", "b", 200)))).toEqual(["b"]);
		});

		it("keeps keys and values whatever their bytes and length", async () => {
			const odd = { ...waiting("run/\udcff\n\0", `${"m".repeat(4_000)}\udc80`, 100), value: { plate: "\udcff\0\n" } };
			expect(await room.put(odd)).toEqual([odd]);
			expect(await room.due(9_000, 10)).toEqual([[odd]]);
			await room.leave(odd.key, [odd]);
			expect(await room.nextDue()).toBeUndefined();
		});

		it("loses nothing of what is put at the same time", async () => {
			const entries = Array.from({ length: 20 }, (_, i) => waiting("S1", `m${i}`, 100));
			const known = await Promise.all(entries.map((entry) => room.put(entry)));
			expect(Math.max(...known.map((members) => members?.length ?? 0))).toBe(20);
		});

		if (!can.durable) return;

		it("survives the end of the process", async () => {
			const entry = waiting("S1", "a", 100);
			await room.put(entry);
			await rooms.reopen();
			expect(await rooms.room<Plate>("screen").due(9_000, 10)).toEqual([[entry]]);
			await rooms.room<Plate>("screen").depart("S1", [entry]);
			await rooms.reopen();
			expect(await rooms.room<Plate>("screen").put(entry)).toBeUndefined();
		});
	});
}
