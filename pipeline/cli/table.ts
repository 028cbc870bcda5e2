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
/** A cut column of this width still says something. */
const readable = 24;

/**
 * Aligned columns with a title line; columns without any content are left out. Where a terminal is too narrow even for
 * columns that are cut, a row takes several lines.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], terminal: Terminal): string {
	const filled = columns
		.map((column) => ({ column, cells: rows.map(column.cell) }))
		.filter(({ cells }) => cells.some((cell) => cell !== ""))
		.map(({ column, cells }) => ({ ...column, cells, width: widest([column.title, ...cells]) }));
	const folded = terminal.interactive ? fold(filled, terminal.columns) : [filled];
	const lines = (cellOf: (column: Filled) => string) =>
		folded.map((part, at) => {
			const cells = part.map((column) => pad(cut(cellOf(column), column.width), column.width, column.align));
			return `${at === 0 ? "" : gap}${cells.join(gap)}`.trimEnd();
		});
	const title = lines(({ title }) => title).map((line) => terminal.colours.bold(line));
	const body = rows.flatMap((_, at) => lines(({ cells }) => cells[at] as string).filter((line) => line !== ""));
	return `${[...title, ...body].join("\n")}\n`;
}

/** A column with its content, as wide as it is shown. */
type Filled = Pick<Column<never>, "title" | "align" | "shrinks"> & {
	readonly cells: readonly string[];
	readonly width: number;
};

/** The columns of each line that a row takes: one, if cutting is enough. */
function fold(columns: readonly Filled[], room: number): readonly (readonly Filled[])[] {
	const narrowed = narrow(columns, room);
	if (widthOf(narrowed) <= room) return [narrowed];
	const parts: Filled[][] = [[]];
	for (const column of columns) {
		const part = parts.at(-1) as Filled[];
		const asked = column.shrinks === true ? { ...column, width: Math.min(column.width, readable) } : column;
		if (part.length > 0 && widthOf([...part, asked]) > room - gap.length) parts.push([column]);
		else part.push(column);
	}
	return parts.map((part, at) => narrow(part, at === 0 ? room : room - gap.length));
}

function widthOf(columns: readonly Filled[]): number {
	return columns.reduce((sum, each) => sum + each.width, 0) + gap.length * (columns.length - 1);
}

/** Label and value, one a line, values aligned; what has no value is left out. */
export function facts(
	pairs: readonly (readonly [label: string, value: string | undefined])[],
	terminal: Terminal,
): string {
	const told = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined && pair[1] !== "");
	const room = widest(told.map(([label]) => label));
	return told.map(([label, value]) => `${terminal.colours.dim(pad(label, room, undefined))}  ${value}\n`).join("");
}

/** Takes what is too much from the columns that may shrink, the last one first. */
function narrow(columns: readonly Filled[], room: number): readonly Filled[] {
	let excess = widthOf(columns) - room;
	return columns
		.toReversed()
		.map((column) => {
			if (column.shrinks !== true || excess <= 0) return column;
			const given = Math.min(excess, Math.max(0, column.width - narrowest));
			excess -= given;
			return { ...column, width: column.width - given };
		})
		.toReversed();
}

function cut(cell: string, to: number): string {
	if (width(cell) <= to) return cell;
	return `${[...stripVTControlCharacters(cell)].slice(0, to - 1).join("")}…`;
}

function pad(cell: string, to: number, align: "right" | undefined): string {
	const space = " ".repeat(Math.max(0, to - width(cell)));
	return align === "right" ? space + cell : cell + space;
}

function widest(cells: readonly string[]): number {
	return cells.reduce((most, cell) => Math.max(most, width(cell)), 0);
}

function width(cell: string): number {
	return [...stripVTControlCharacters(cell)].length;
}
