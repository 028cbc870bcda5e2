import { stripVTControlCharacters } from "node:util";
import type { Terminal } from "./terminal.ts";

export interface Column<Row> {
	readonly title: string;
	readonly cell: (row: Row) => string;
	readonly align?: "right";
	/** Cut with an ellipsis when the terminal is too narrow. Of several, each gives way in turn. */
	readonly shrinks?: true;
}

const gap = "  ";
const narrowest = 8;

/** Aligned columns with a title line; columns without any content are left out. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], terminal: Terminal): string {
	const filled = columns
		.map((column) => ({ column, cells: rows.map(column.cell) }))
		.filter(({ cells }) => cells.some((cell) => cell !== ""));
	const widths = filled.map(({ column, cells }) => Math.max(width(column.title), ...cells.map(width)));
	if (terminal.interactive)
		narrow(
			widths,
			filled.map(({ column }) => column.shrinks === true),
			terminal.columns,
		);
	const line = (cells: readonly string[]) =>
		cells
			.map((cell, i) => pad(cut(cell, widths[i] as number), widths[i] as number, filled[i]?.column.align))
			.join(gap)
			.trimEnd();
	const title = line(filled.map(({ column }) => column.title));
	const body = rows.map((_, at) => line(filled.map(({ cells }) => cells[at] as string)));
	return `${[terminal.colours.bold(title), ...body].join("\n")}\n`;
}

/** Label and value, one a line, values aligned; what has no value is left out. */
export function facts(
	pairs: readonly (readonly [label: string, value: string | undefined])[],
	terminal: Terminal,
): string {
	const told = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined && pair[1] !== "");
	const widest = Math.max(0, ...told.map(([label]) => width(label)));
	return told.map(([label, value]) => `${terminal.colours.dim(pad(label, widest, undefined))}  ${value}\n`).join("");
}

function narrow(widths: number[], shrinks: readonly boolean[], columns: number): void {
	let excess = widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1) - columns;
	for (let i = widths.length - 1; i >= 0 && excess > 0; i--) {
		if (!shrinks[i]) continue;
		const given = Math.min(excess, Math.max(0, (widths[i] as number) - narrowest));
		widths[i] = (widths[i] as number) - given;
		excess -= given;
	}
}

function cut(cell: string, to: number): string {
	if (width(cell) <= to) return cell;
	return `${[...stripVTControlCharacters(cell)].slice(0, to - 1).join("")}…`;
}

function pad(cell: string, to: number, align: "right" | undefined): string {
	const space = " ".repeat(Math.max(0, to - width(cell)));
	return align === "right" ? space + cell : cell + space;
}

function width(cell: string): number {
	return [...stripVTControlCharacters(cell)].length;
}
