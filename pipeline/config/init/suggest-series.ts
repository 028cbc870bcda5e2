import { escaped } from "./choose-shape.ts";
import type { SurveyedFile } from "./survey.ts";

/** Names that count: plates of a screen, day 0 and day 7. Whether to analyse them together, only a person can say. */
export interface Series {
	readonly by: string;
	readonly members: readonly string[];
	readonly groups: number;
	readonly example: readonly string[];
}

interface Placed {
	readonly file: SurveyedFile;
	readonly before: string;
	readonly number: string;
	readonly after: string;
}

/**
 * The number in the names that splits nearly all files into equal groups of two to twelve, the same values in each:
 * FT01-G01, FT01-G02, FT02-G01, ... are groups of G01 and G02.
 */
export function suggestSeries(data: readonly SurveyedFile[]): Series | undefined {
	const numbers = Math.max(0, ...data.slice(0, 100).map(({ name }) => [...name.matchAll(/\d+/g)].length));
	for (let fromEnd = 1; fromEnd <= numbers; fromEnd++) {
		const placed = data.flatMap((file) => placedAt(file, fromEnd) ?? []);
		const groups = [
			...Map.groupBy(placed, ({ file, before, after }) => `${file.directory}/${before}\0${after}`).values(),
		];
		const sets = Map.groupBy(groups, (group) => group.map(({ number }) => number).join(" "));
		const [best] = [...sets.values()].sort((a, b) => b.length - a.length);
		const members = best?.[0]?.map(({ number }) => number) ?? [];
		if (best === undefined || best.length < 2 || members.length < 2 || members.length > 12) continue;
		if (best.length * members.length < data.length * 0.8) continue;
		const example = (best[0] ?? []).map(({ file }) => file.name);
		return { by: expressionOf(best.flat()), members, groups: best.length, example };
	}
	return undefined;
}

function placedAt(file: SurveyedFile, fromEnd: number): Placed | undefined {
	const match = [...file.name.matchAll(/\d+/g)].at(-fromEnd);
	if (match === undefined) return undefined;
	const { 0: number, index } = match;
	return { file, before: file.name.slice(0, index), number, after: file.name.slice(index + number.length) };
}

function expressionOf(placed: readonly Placed[]): string {
	const letter = common(placed.map(({ before }) => /[A-Za-z_-]*$/.exec(before)?.[0] ?? ""));
	const after = new Set(placed.map((place) => place.after));
	const [only = ""] = after;
	const tail = after.size === 1 ? escaped(only) : "(?<rest>\\D.*)";
	return `^(?<name>.+)${escaped(letter)}(?<member>\\d+)${tail}$`;
}

function common(texts: readonly string[]): string {
	return texts.every((text) => text === texts[0]) ? (texts[0] ?? "") : "";
}
