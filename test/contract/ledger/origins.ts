import { describe, expect, it } from "vitest";
import { spanId, startTrace, traceId } from "#core/trace.ts";
import { changed, type LedgerBench, source } from "./bench.ts";

export function describeOrigins({ ledgerNow, see, find, unit, settle, analyse }: LedgerBench): void {
	describe("what was told of in a trace", () => {
		const [first, second] = [startTrace(), startTrace()];
		const tell = (path: string, trace = first) => ledgerNow().cameFrom(source, path, trace);

		it("goes on in the first one, at a place of its own, and knows the others", () => {
			see(changed("a"), changed("b"));
			const own = spanId(unit("a"));
			tell("a");
			tell("a", second);
			tell("a");
			expect([traceId(unit("a")), spanId(unit("a"))]).toEqual([traceId(first), own]);
			expect(ledgerNow().origins(find("a").id)).toEqual([first, second]);
			expect(traceId(unit("b"))).not.toBe(traceId(first));
		});

		it("goes on there while it still changes, and is published again there; not as a version that comes later", () => {
			see(changed("a"));
			tell("a");
			see(changed("a", { size: 20 }));
			expect(traceId(unit("a"))).toBe(traceId(first));
			settle("a");
			expect(ledgerNow().origins(find("a").id)).toEqual([first]);
			see(changed("a", { size: 30 }));
			expect(traceId(unit("a"))).not.toBe(traceId(first));
			expect(ledgerNow().origins(find("a").id)).toEqual([]);
		});

		it("goes on there when it is looked at again, though it had settled or was in quarantine", () => {
			see(changed("a"), changed("b"));
			for (const path of ["a", "b"]) tell(path);
			settle("a");
			const { id, generation } = find("b");
			const about = { unit: id, generation, at: 1_000 };
			ledgerNow().conclude([{ ...about, state: "quarantined", reason: "nobody may read it", wakeAt: 2_000 }]);
			for (const path of ["a", "b"]) {
				const { id: unit, generation } = find(path);
				const again = { state: "settling", at: 3_000, waitingFor: "its marker", wakeAt: 4_000 } as const;
				ledgerNow().conclude([{ unit, generation, ...again }]);
			}
			expect(["a", "b"].map((path) => ledgerNow().origins(find(path).id))).toEqual([[first], [first]]);
			expect(["a", "b"].map((path) => traceId(unit(path)))).toEqual([traceId(first), traceId(first)]);
			see(changed("a", { size: 20 }));
			settle("a");
			see(changed("a", { size: 30 }));
			expect(ledgerNow().origins(find("a").id)).toEqual([]);
		});

		it("is known in the catalog once it is analysed, and forgotten here", () => {
			see(changed("a"));
			tell("a");
			settle("a");
			analyse("a");
			expect(ledgerNow().origins(find("a").id)).toEqual([]);
		});

		it("is the folder where it is a member, as long as that waits", () => {
			see(changed("run/a", { folder: "run" }), changed("run/b", { folder: "run" }));
			tell("run/a");
			tell("run/b", second);
			expect(traceId(unit("run"))).toBe(traceId(first));
			expect(ledgerNow().origins(find("run").id)).toEqual([first, second]);
			settle("run");
			tell("run/a", startTrace());
			expect(ledgerNow().origins(find("run").id)).toEqual([first, second]);
			see(changed("run/late", { folder: "run" }));
			expect(traceId(unit("run"))).not.toBe(traceId(first));
		});

		it("is nothing where nothing is known, or waits; and 128 are enough", () => {
			tell("never/seen");
			see(changed("a"));
			settle("a");
			tell("a");
			expect(ledgerNow().origins(find("a").id)).toEqual([]);
			see(changed("b"));
			for (let n = 0; n < 130; n++) tell("b", startTrace());
			expect(ledgerNow().origins(find("b").id)).toHaveLength(128);
		});
	});
}
