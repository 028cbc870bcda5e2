import type { Figure } from "./figure.ts";

/** The figures of a run for people: what, how much, beside whom, towards which goal. */
export function renderFigures(figures: readonly Figure[]): string {
	const rows = figures.map(({ id, what, value, unit, peer, peerName, ratio, goal, met }) => [
		id,
		what,
		`${number(value)} ${unit}`,
		peerName === null ? "" : `${peerName}: ${peer === null ? "not measured" : `${number(peer)} ${unit}`}`,
		ratio === null ? "" : `${number(ratio)} times`,
		goal ?? "",
		goal === null ? "" : met === null ? "cannot be judged" : met ? "met" : "MISSED",
	]);
	const table = [["", "what", "here", "peer", "ratio", "goal", ""], ...rows];
	const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
	return table
		.map((row) =>
			row
				.map((cell, i) => cell.padEnd(widths[i] ?? 0))
				.join("  ")
				.trimEnd(),
		)
		.join("\n");
}

/** Three digits that count; whole numbers from a hundred on, thousands grouped. */
function number(value: number): string {
	const digits = Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
	return value.toLocaleString("en-US", digits);
}
