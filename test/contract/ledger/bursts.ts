import { describe, expect, it } from "vitest";
import { burstsKept } from "#domain/rhythm.ts";
import { changed, dismissed, gone, type LedgerBench, source } from "./bench.ts";

export function describeBursts({ see, ledgerNow }: LedgerBench): void {
	const minute = 60_000;
	const bursts = () => ledgerNow().bursts(source);
	const sum = (parts: readonly number[]) => parts.reduce((all, part) => all + part, 0);

	describe("when a source wrote", () => {
		it("is a burst for changes that came together, newest first, of each source its own", () => {
			see(changed("a", { at: 1_000 }), changed("b", { at: 2_000 }));
			see(changed("c", { at: 2_000 + minute }));
			see(changed("d", { at: 10 * minute }));
			ledgerNow().observe("other", [changed("e", { at: 5 })]);
			expect(bursts()).toEqual([
				{ began: 10 * minute, ended: 10 * minute },
				{ began: 2_000, ended: 2_000 + minute },
			]);
			expect(ledgerNow().bursts(source, 1)).toHaveLength(1);
			expect(ledgerNow().bursts("other")).toEqual([{ began: 5, ended: 5 }]);
			expect(ledgerNow().bursts("unknown")).toEqual([]);
		});

		it("ends in a source that never rests as well", () => {
			const every = 50_000;
			for (let i = 0; i < 13 * 10; i++) see(changed("a", { at: i * every, size: i }));
			expect(bursts()).toHaveLength(10);
			for (const { began, ended } of bursts()) expect(ended - began).toBe(10 * minute);
		});

		it("is kept for the last ones", () => {
			const count = burstsKept + 10;
			for (let i = 0; i < count; i++) see(changed("a", { at: i * 2 * minute, size: i }));
			const kept = Array.from({ length: burstsKept }, (_, i) => (count - 1 - i) * 2 * minute);
			expect(bursts()).toEqual(kept.map((at) => ({ began: at, ended: at })));
		});

		it("is not when a file went, was ignored, or a clock that was set back says", () => {
			see(changed("a", { at: minute }));
			see(gone("a", 5 * minute), dismissed("ignored", "b", "by a rule"));
			see(changed("c", { at: 10 }));
			expect(bursts()).toEqual([{ began: minute, ended: minute }]);
		});

		it("is told again at once after one that a clock told which was ahead, of which nothing is kept", () => {
			const hour = 60 * minute;
			see(changed("a", { at: minute }));
			ledgerNow().observe("other", [changed("e", { at: 24 * hour })]);
			see(changed("b", { at: 24 * hour }), changed("c", { at: 24 * hour + 1 }));
			see(changed("d", { at: 48 * hour }));
			see(changed("f", { at: hour }));
			see(changed("g", { at: hour + 1_000 }));
			expect(bursts()).toEqual([
				{ began: hour, ended: hour + 1_000 },
				{ began: minute, ended: minute },
			]);
			expect(ledgerNow().bursts("other")).toEqual([{ began: 24 * hour, ended: 24 * hour }]);
		});
	});

	it("counts the files right in a directory: none that is gone, or in a folder below, nor the folder itself", () => {
		see(changed("a"), changed("b"), changed("run/c", { folder: "run" }), changed("run/deep/d", { folder: "run" }));
		see(dismissed("ignored", "e", "by a rule"), gone("b", 1));
		const files = (directory: string) => sum([...ledgerNow().filesIn(source, directory)]);
		expect([files(""), files("run"), files("run/deep"), files("nowhere")]).toEqual([2, 1, 1, 0]);
	});

	it("counts the files of a large directory in parts, none of which is large", () => {
		see(...Array.from({ length: 3_500 }, (_, i) => changed(`run/${i}`)));
		see(...Array.from({ length: 300 }, (_, i) => gone(`run/${i * 7}`, 1)));
		const parts = [...ledgerNow().filesIn(source, "run")];
		expect(sum(parts)).toBe(3_200);
		expect(Math.max(...parts)).toBeLessThanOrEqual(1_000);
	});
}
