import type { Filter, Page } from "#core/ports/catalog-rows.ts";
import { usage } from "./command.ts";
import { type Column, table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const rowsOnTerminal = 50;
const pageRows = 200;

interface Request<F> {
	readonly limit: number;
	readonly order: "asc" | "desc";
	readonly filter: F;
	readonly cursor?: string;
}

/** Rows of all pages, newest first, up to `limit`. */
export async function* rowsOf<Row, F = Filter>(
	page: (request: Request<F>) => Promise<Page<Row>>,
	filter: F,
	limit = Number.POSITIVE_INFINITY,
	order: "asc" | "desc" = "desc",
): AsyncGenerator<Row> {
	let left = limit;
	let cursor: string | undefined;
	do {
		const request = { limit: Math.min(left, pageRows), order, filter };
		const { items, next } = await page(cursor === undefined ? request : { ...request, cursor });
		yield* items;
		left -= items.length;
		cursor = next;
	} while (cursor !== undefined && left > 0);
}

export async function* mapped<A, B>(rows: AsyncIterable<A>, map: (row: A) => B): AsyncGenerator<B> {
	for await (const row of rows) yield map(row);
}

/** How many rows a listing gives if nobody says: what fits a person, or everything for a program. */
export function defaultLimit(terminal: Terminal, json: boolean): number {
	return terminal.interactive && !json ? rowsOnTerminal : Number.POSITIVE_INFINITY;
}

/** One object a line. */
export async function printLines(rows: AsyncIterable<object>, terminal: Terminal): Promise<void> {
	for await (const row of rows) await terminal.print(`${JSON.stringify(row)}\n`);
}

/** For people: so many rows at most, of which one more is looked for to say that there are more. */
export async function printTable<Row>(
	rows: AsyncIterable<Row>,
	{ limit, columns, none }: { readonly limit: number; readonly columns: readonly Column<Row>[]; readonly none: string },
	terminal: Terminal,
): Promise<void> {
	const shown: Row[] = [];
	let more = false;
	for await (const row of rows) {
		if (shown.length === limit) more = true;
		else shown.push(row);
	}
	if (shown.length === 0) return terminal.tell(`${none}\n`);
	await terminal.print(table(shown, columns, terminal));
	if (more) terminal.tell(`${terminal.sideColours.dim(`the newest ${limit}; more with --limit`)}\n`);
}

export function limitOption(limit: string | undefined): number | undefined {
	if (limit === undefined) return undefined;
	if (/^[1-9]\d{0,8}$/.test(limit)) return Number(limit);
	throw usage("LIMIT", `"${limit}" is no number of rows`, "Give a whole number, 1 or more.");
}
