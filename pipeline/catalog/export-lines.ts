import type { TableContents } from "#core/ports/catalog-store.ts";
import type { Row } from "./tables.ts";

/** What an export is written in, a line each: one `begins`, for each table its rows and its contents, one `ends`. */
export type ExportLine =
	| { readonly begins: "watchrabbit catalog"; readonly format: 1; readonly migration: string }
	| { readonly table: string; readonly row: Row }
	| TableContents
	| { readonly ends: "watchrabbit catalog" };

export function lineOf(line: ExportLine): string {
	return `${JSON.stringify(line)}\n`;
}
