import { createHash } from "node:crypto";
import { permanent } from "#core/errors.ts";
import type { Filter } from "#core/ports/catalog-rows.ts";
import { canonicalJson } from "#domain/canonical-json.ts";

/** Where a page ended: the values of its last row's sort columns. Opaque outside; bound to what was asked for. */
export type Position = readonly (string | number)[];

/** What a cursor belongs to. */
export interface Binding {
	readonly listing: string;
	readonly sort: string;
	readonly order: string;
	/** Short for the filter. */
	readonly filter: string;
}

export function bindingOf(listing: string, sort: string, order: string, filter: Filter): Binding {
	const digest = createHash("sha256").update(canonicalJson(filter)).digest("base64url");
	return { listing, sort, order, filter: digest.slice(0, 12) };
}

export function encodeCursor({ listing, sort, order, filter }: Binding, position: Position): string {
	return Buffer.from(JSON.stringify([listing, sort, order, filter, ...position])).toString("base64url");
}

/** What a sort column can hold: a database may refuse anything else as a fault of its own. */
const holds = {
	string: (value) => typeof value === "string" && value.isWellFormed() && !value.includes("\0"),
	number: (value) => Number.isFinite(value),
	bigint: (value) => Number.isSafeInteger(value),
	integer: (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
} as const satisfies Readonly<Record<string, (value: unknown) => boolean>>;

export type PlaceType = keyof typeof holds;

/** @throws WatchRabbitError CURSOR_INVALID (permanent) for what is not a cursor of this listing, sorted and filtered so */
export function decodeCursor(cursor: string, binding: Binding, shape: readonly PlaceType[]): Position {
	const [listing, sort, order, filter, ...position] = parse(cursor);
	const given: Record<keyof Binding, unknown> = { listing, sort, order, filter };
	const words = { listing: "listing", sort: "sort", order: "order", filter: "filter" };
	const isCursor = position.length > 0 && Object.values(given).every((value) => typeof value === "string");
	const differ = (Object.keys(words) as (keyof Binding)[]).filter((key) => given[key] !== binding[key]);
	const fits = position.length === shape.length && position.every((value, i) => holds[shape[i] ?? "string"](value));
	if (isCursor && differ.length === 0 && fits) return position as Position;
	const why =
		isCursor && differ.length > 0
			? `was given for another ${differ.map((key) => words[key]).join(" and ")}`
			: "is not a cursor";
	throw permanent(
		"CURSOR_INVALID",
		`"${cursor.slice(0, 200)}" ${why} of ${binding.listing} in ${binding.order} order`,
		{
			fix: "Pass the `next` of the page before, with the same listing, filter, sort and order, or none to begin.",
		},
	);
}

function parse(cursor: string): readonly unknown[] {
	try {
		const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
		return Array.isArray(value) ? value : [];
	} catch {
		return [];
	}
}
