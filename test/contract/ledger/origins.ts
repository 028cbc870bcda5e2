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
