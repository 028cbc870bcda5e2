import type { Filter, Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { Terminal } from "./terminal.ts";

const rowsOnTerminal = 50;
const pageRows = 200;

/** Rows of all pages, newest first, up to `limit`. */
export async function* rowsOf<Row>(
	page: (request: PageRequest) => Promise<Page<Row>>,
	filter: Filter,
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

/** How many rows a listing gives if nobody says: what fits a person, or everything for a program. */
export function defaultLimit(terminal: Terminal, json: boolean): number {
	return terminal.interactive && !json ? rowsOnTerminal : Number.POSITIVE_INFINITY;
}

/** One object a line. */
export async function printLines(rows: AsyncIterable<object>, terminal: Terminal): Promise<void> {
	for await (const row of rows) await terminal.print(`${JSON.stringify(row)}\n`);
}
