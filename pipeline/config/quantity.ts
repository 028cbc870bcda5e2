/** Durations ("250ms", "2s", "10m", "4h", "2d") and sizes ("500MB", "2GiB") as people write them: a whole number and a unit. */

const durationUnits = [
	["d", 86_400_000],
	["h", 3_600_000],
	["m", 60_000],
	["s", 1_000],
	["ms", 1],
] as const;

/** kB, MB, GB, TB are powers of 1000 as on a disk's label; KiB, MiB, GiB, TiB are powers of 1024. */
const sizeUnits = [
	["TiB", 1024 ** 4],
	["TB", 1000 ** 4],
	["GiB", 1024 ** 3],
	["GB", 1000 ** 3],
	["MiB", 1024 ** 2],
	["MB", 1000 ** 2],
	["KiB", 1024],
	["kB", 1000],
	["B", 1],
] as const;

type Units = readonly (readonly [unit: string, factor: number])[];

export const durationPattern = /^[0-9]+(?:ms|s|m|h|d)$/;
export const sizePattern = /^[0-9]+(?:B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

/** Milliseconds, or undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
	return durationPattern.test(text) ? parseIn(durationUnits, text) : undefined;
}

/** Bytes, or undefined for what is no size. */
export function parseSize(text: string): number | undefined {
	return sizePattern.test(text) ? parseIn(sizeUnits, text.replace("KB", "kB")) : undefined;
}

/** The shortest exact way to write so many whole milliseconds. */
export function formatDuration(ms: number): string {
	return formatIn(durationUnits, ms, "s");
}

/** The shortest exact way to write so many whole bytes. */
export function formatSize(bytes: number): string {
	return formatIn(sizeUnits, bytes, "B");
}

/** What somebody who wrote `value` may have meant: "2 sec" is "2s", "1.5h" is "90m". A bare number has no unit to guess. */
export function guessDuration(value: unknown): string | undefined {
	const named = {
		ms: "ms",
		mil: "ms",
		s: "s",
		sec: "s",
		m: "m",
		min: "m",
		h: "h",
		hr: "h",
		hou: "h",
		d: "d",
		day: "d",
	};
	return guessIn(durationUnits, value, (word) => find(named, word), formatDuration);
}

export function guessSize(value: unknown): string | undefined {
	const named = { b: "B", byt: "B", k: "kB", kb: "kB", m: "MB", mb: "MB", g: "GB", gb: "GB", t: "TB", tb: "TB" };
	return guessIn(sizeUnits, value, (word) => find(named, word), formatSize);
}

function parseIn(units: Units, text: string): number | undefined {
	const [, digits = "", named = ""] = /^([0-9]+)(.*)$/.exec(text) ?? [];
	const factor = units.find(([unit]) => unit === named)?.[1];
	const total = factor === undefined ? Number.NaN : Number.parseInt(digits, 10) * factor;
	return Number.isSafeInteger(total) ? total : undefined;
}

function formatIn(units: Units, amount: number, zero: string): string {
	if (amount === 0) return `0${zero}`;
	const [unit, factor] = units.find(([, factor]) => amount % factor === 0) ?? [zero, 1];
	return `${amount / factor}${unit}`;
}

function find(named: Readonly<Record<string, string>>, word: string): string | undefined {
	return named[word.toLowerCase()] ?? named[word.toLowerCase().slice(0, 3)];
}

function guessIn(
	units: Units,
	value: unknown,
	unitOf: (word: string) => string | undefined,
	format: (amount: number) => string,
): string | undefined {
	const match = typeof value === "string" ? /^\s*([0-9]+(?:[.,][0-9]+)?)\s*([a-z]+)\s*$/i.exec(value) : null;
	const unit = match?.[2] === undefined ? undefined : unitOf(match[2]);
	const factor = units.find(([name]) => name === unit)?.[1];
	if (match?.[1] === undefined || factor === undefined) return undefined;
	const amount = Math.round(Number.parseFloat(match[1].replace(",", ".")) * factor);
	return Number.isSafeInteger(amount) ? format(amount) : undefined;
}
