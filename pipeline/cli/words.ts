import { stripVTControlCharacters } from "node:util";

/** Times, sizes and numbers as people read them; machines get JSON. */

/** Local time of the reader: 2026-11-21 08:03:07. */
export function localTime(ms: number): string {
	const at = new Date(ms);
	const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
	return `${day} ${[two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join(":")}`;
}

/** 0.4 s, 12 s, 3 min 20 s, 4 h 5 min, 2 days 3 h. */
export function span(ms: number): string {
	const seconds = Math.abs(ms) / 1000;
	if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
	if (seconds < 59.5) return `${Math.round(seconds)} s`;
	if (seconds < 3599.5) return pair(Math.round(seconds), 60, "min", "s");
	if (seconds < 86_370) return pair(Math.round(seconds / 60), 60, "h", "min");
	const hours = Math.round(seconds / 3600);
	return pair(hours, 24, hours < 48 ? "day" : "days", "h");
}

/** 0 B, 812 B, 4.2 kB, 120 MB: powers of 1000, as on a disk's label. */
export function bytes(count: number): string {
	let amount = count;
	for (const unit of ["B", "kB", "MB", "GB"]) {
		if (amount < 999.5)
			return `${unit === "B" || amount >= 99.95 ? Math.round(amount) : Number(amount.toFixed(1))} ${unit}`;
		amount /= 1000;
	}
	return `${Number(amount.toFixed(1))} TB`;
}

/** A measurement in at most six significant digits; the whole of it is in the JSON. */
export function quantity(value: number | string | null, unit: string): string {
	const shown = value === null ? "NA" : typeof value === "string" ? value : String(Number(value.toPrecision(6)));
	return unit === "" ? shown : `${shown} ${unit}`;
}

/** What a value should be: at least, at most, or between both; empty where nothing is said. */
export function limits(lower: number | null | undefined, upper: number | null | undefined): string {
	const [least, most] = [lower ?? undefined, upper ?? undefined];
	if (least !== undefined && most !== undefined) return `${quantity(least, "")} to ${quantity(most, "")}`;
	if (least !== undefined) return `at least ${quantity(least, "")}`;
	return most === undefined ? "" : `at most ${quantity(most, "")}`;
}

/** Words in lines of so many columns, each begun with `indent`; a longer word has a line of its own. */
export function wrapped(text: string, columns: number, indent: string): string {
	const lines = [indent];
	for (const word of text.split(" ")) {
		const line = lines.at(-1) as string;
		const begun = line.length > indent.length;
		if (begun && stripVTControlCharacters(line).length + 1 + stripVTControlCharacters(word).length > columns)
			lines.push(indent + word);
		else lines[lines.length - 1] = begun ? `${line} ${word}` : line + word;
	}
	return lines.join("\n");
}

function pair(amount: number, base: number, large: string, small: string): string {
	const rest = amount % base;
	return `${Math.floor(amount / base)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

function two(value: number): string {
	return String(value).padStart(2, "0");
}
