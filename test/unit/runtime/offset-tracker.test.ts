import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogPosition } from "#core/ports/event-log.ts";
import { OffsetTracker } from "#runtime/offset-tracker.ts";

describe("the offset to commit", () => {
	it("is the end of the resolved prefix, in whatever order records are resolved", () => {
		const offsets = fc
			.uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 40 })
			.map((all) => all.sort((a, b) => a - b));
		fc.assert(
			fc.property(offsets, fc.infiniteStream(fc.nat()), (opened, random) => {
				const tracker = new OffsetTracker(undefined);
				for (const offset of opened) tracker.open(at(offset));
				const open = new Set(opened);
				while (open.size > 0) {
					const closing = [...open][(random.next().value as number) % open.size] as number;
					expect(tracker.prefixWith(new Set([closing]))).toEqual(
						prefix(opened, new Set([...open].filter((o) => o !== closing))),
					);
					tracker.close(closing);
					open.delete(closing);
					expect(tracker.prefix).toEqual(prefix(opened, open));
				}
			}),
		);
	});

	it("stays where it was committed until the next record is resolved", () => {
		const tracker = new OffsetTracker(at(41));
		tracker.open(at(42));
		expect(tracker.prefix).toEqual(at(41));
		tracker.close(42);
		expect(tracker.prefix).toEqual(at(42));
	});

	it("tells when the last event of the resolved prefix was appended, as far as that is known", () => {
		const tracker = new OffsetTracker(undefined);
		for (const offset of [1, 2, 3, 4])
			tracker.open({ ...at(offset), appendedAt: offset === 3 ? undefined : 10 * offset });
		const closing = (offset: number) => {
			tracker.close(offset);
			return tracker.resolvedUpTo;
		};
		expect([tracker.resolvedUpTo, closing(2), closing(1), closing(3), closing(4)]).toEqual([
			undefined,
			undefined,
			20,
			20,
			40,
		]);
	});
});

function prefix(all: readonly number[], open: ReadonlySet<number>): LogPosition | undefined {
	const first = all.findIndex((offset) => open.has(offset));
	const last = first === -1 ? all.at(-1) : all[first - 1];
	return last === undefined ? undefined : at(last);
}

function at(offset: number): LogPosition {
	return { offset, mark: `mark ${offset}` };
}
