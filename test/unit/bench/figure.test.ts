import { describe, expect, it } from "vitest";
import { figure } from "../../../bench/figure.ts";
import { compare, quantile } from "../../../bench/harness.ts";
import { renderFigures } from "../../../bench/report.ts";

const rate = { what: "file to result", value: 160, unit: "files/s", better: "higher" as const };
const memory = { what: "resident", value: 50, unit: "MB", better: "lower" as const };

describe("a figure", () => {
	it("is better than its peer by a ratio above 1, whichever direction its unit has", () => {
		expect(figure("P7", { ...rate, peer: { name: "xargs", value: 10 } }).ratio).toBe(16);
		expect(figure("P4", { ...memory, peer: { name: "chokidar", value: 600 } }).ratio).toBe(12);
	});

	it("meets a goal only when value and ratio do", () => {
		const met = (ratio: number) =>
			figure("P7", { ...rate, peer: { name: "xargs", value: 10 }, goal: { value: 150, ratio } });
		expect(met(12)).toMatchObject({ met: true, goal: ">= 150 files/s and >= 12 times the peer" });
		expect(met(20)).toMatchObject({ met: false });
	});

	it("stays below a goal that is an upper limit", () => {
		expect(figure("P9", { ...memory, goal: { value: 200 } })).toMatchObject({ met: true, goal: "< 200 MB" });
		expect(figure("P9", { ...memory, goal: { value: 50 } })).toMatchObject({ met: false });
	});

	it("cannot be judged by the ratio to a peer that is missing, but fails by its value all the same", () => {
		const peer = { name: "inotifywait is missing", value: undefined };
		expect(figure("P7", { ...rate, peer, goal: { value: 150, ratio: 12 } }).met).toBe(null);
		expect(figure("P7", { ...rate, peer, goal: { value: 170, ratio: 12 } }).met).toBe(false);
	});

	it("has every key of the contract, null where there is nothing to say", () => {
		expect(figure("P1", rate)).toEqual({
			id: "P1",
			...{ what: rate.what, value: 160, unit: "files/s" },
			...{ peer: null, peerName: null, ratio: null, goal: null, met: null },
		});
	});

	it("is shown to people with its goal, and whether it is met", () => {
		const shown = renderFigures([figure("P9", { ...memory, value: 1234.5, goal: { value: 200 } })]);
		expect(shown).toMatch(/P9 +resident +1,235 MB +< 200 MB +MISSED$/);
	});
});

describe("a comparison", () => {
	it("takes turns, drops the warm-up and gives medians", async () => {
		const order: string[] = [];
		const next = (name: string, values: number[]) => () => {
			order.push(name);
			return values.shift() ?? Number.NaN;
		};
		const candidates = { ours: next("ours", [99, 1, 5, 3]), peer: next("peer", [99, 2, 2, 8]) };
		expect(await compare(candidates, { warmUps: 1, rounds: 3 })).toEqual({ ours: 3, peer: 2 });
		expect(order.join(" ")).toBe("ours peer ours peer ours peer ours peer");
	});

	it("interpolates quantiles as R does", () => {
		expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
		expect(quantile([10, 20, 30, 40, 50], 0.99)).toBeCloseTo(49.6);
	});
});
