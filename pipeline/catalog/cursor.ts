import { permanent } from "#core/errors.ts";

/** Where a page ended: the values of its last row's sort columns. Opaque outside; bound to its listing and order. */
export type Position = readonly (string | number)[];

export function encodeCursor(listing: string, order: string, position: Position): string {
	return Buffer.from(JSON.stringify([listing, order, ...position])).toString("base64url");
}

/** @throws WatchRabbitError CURSOR_INVALID (permanent) for what is not a cursor of this listing in this order */
export function decodeCursor(
	cursor: string,
	listing: string,
	order: string,
	shape: readonly ("string" | "number")[],
): Position {
	const [ofListing, inOrder, ...position] = parse(cursor);
	const fits =
		ofListing === listing &&
		inOrder === order &&
		position.length === shape.length &&
		position.every((value, i) => typeof value === shape[i]);
	if (!fits) {
		throw permanent("CURSOR_INVALID", `"${cursor.slice(0, 200)}" is not a cursor of ${listing} in ${order} order`, {
			fix: "Pass the `next` of the page before, with the same listing and order, or none to begin.",
		});
	}
	return position as Position;
}

function parse(cursor: string): readonly unknown[] {
	try {
		const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
		return Array.isArray(value) ? value : [];
	} catch {
		return [];
	}
}
