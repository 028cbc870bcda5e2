import { describe, expect, it } from "vitest";
import { untraced } from "#core/ports/tracer.ts";
import type { Member } from "#domain/acquisition.ts";
import { isFresh } from "#domain/objectives.ts";
import type { Arriving } from "#runtime/arriving.ts";
import { combine as combineTraced } from "#runtime/combine.ts";

const member = (path: string): Member => ({
	path,
	size: 1,
	sha256: "0".repeat(64),
	mtimeNs: "0",
	ctimeNs: "0",
	inode: "1",
});

const part = (path: string, id: string): Arriving => ({
	acquisition: {
		source: "ms",
		key: path,
		kind: "file",
		members: [member(path)],
		acquiredAt: path.length,
		settledAt: 5,
		captures: {},
	},
	event: { id, root: "/data", traceparent: "00-0-0-01" },
	offset: 7,
});

const combine = (parts: readonly Arriving[], about: Parameters<typeof combineTraced>[1]) =>
	combineTraced(parts, about, untraced);

describe("combining acquisitions", () => {
	it("makes one acquisition of the parts, its files in order of their bytes", () => {
		const parts = [part("b.ibd", "2"), part("B.imzML", "1")];
		const { acquisition, offset } = combine(parts, { key: "b", kind: "group", captures: { name: "b" }, settledAt: 9 });
		expect(acquisition.members.map(({ path }) => path)).toEqual(["B.imzML", "b.ibd"]);
		expect(acquisition).toMatchObject({ source: "ms", key: "b", kind: "group", settledAt: 9, acquiredAt: 7 });
		expect(offset).toBeUndefined();
	});

	it("takes more parts than a call can have arguments", () => {
		const parts = Array.from({ length: 150_000 }, (_, n) => part("p".repeat(1 + (n % 9)), String(n)));
		expect(combine(parts, { key: "b", kind: "batch", captures: {}, settledAt: 9 }).acquisition.acquiredAt).toBe(9);
	});

	it("is as fresh as the freshest of the parts was when that settled, however long they waited for one another", () => {
		const day = 86_400_000;
		const lain = (ms: number, id: string): Arriving => {
			const one = part("a", id);
			return { ...one, acquisition: { ...one.acquisition, acquiredAt: 100, settledAt: 100 + ms } };
		};
		const about = { key: "b", kind: "group", captures: {}, settledAt: 9 * day } as const;
		const [young, old] = [
			combine([lain(day, "1"), lain(7, "2")], about),
			combine([lain(day, "1"), lain(day, "2")], about),
		];
		expect([young, old].map(({ acquisition }) => isFresh(acquisition))).toEqual([true, false]);
		const again = combine([old, young], { ...about, kind: "batch", settledAt: 20 * day });
		expect(isFresh(again.acquisition)).toBe(true);
	});

	it("is the same event when the same parts are combined again, in whatever order", () => {
		const about = { key: "b", kind: "group", captures: {}, settledAt: 9 } as const;
		const one = combine([part("a", "1"), part("b", "2")], about);
		const two = combine([part("b", "2"), part("a", "1")], { ...about, settledAt: 10 });
		const other = combine([part("a", "1"), part("b", "3")], about);
		expect(two.event.id).toBe(one.event.id);
		expect(other.event.id).not.toBe(one.event.id);
	});

	it("is another event in the group of another pipeline", () => {
		const parts = [part("a", "1"), part("b", "2")];
		const about = { kind: "group", captures: {}, settledAt: 9 } as const;
		expect(combine(parts, { ...about, key: "one: b" }).event.id).not.toBe(
			combine(parts, { ...about, key: "two: b" }).event.id,
		);
	});
});
