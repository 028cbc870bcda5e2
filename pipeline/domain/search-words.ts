import { createHash } from "node:crypto";
import type { Acquisition } from "./acquisition.ts";

/** Longer words are known by their beginning. */
const longest = 60;

/** The words in a text, in lower case: what is neither letter nor digit parts them. */
export function wordsIn(text: string): string[] {
	const lower = Array.from(text, (character) => character.toLowerCase()).join("");
	const words = lower.split(/[^\p{L}\p{N}]+/u).map((word) => [...word].slice(0, longest).join(""));
	return [...new Set(words)].filter((word) => word !== "");
}

/** Stands for a capture with a value; it is no word. */
export function captureWord(name: string, value: string): string {
	const digest = createHash("sha256")
		.update(JSON.stringify([name, value]))
		.digest("hex");
	return `\ue000${digest.slice(0, 20)}`;
}

/** What an acquisition is found by: the words of its key and captures, and its captures as such. */
export function searchWords({ key, captures }: Pick<Acquisition, "key" | "captures">): string[] {
	const named = Object.entries(captures);
	const words = wordsIn([key, ...named.map(([, value]) => value)].join(" "));
	return [...words, ...named.map(([name, value]) => captureWord(name, value))];
}

/**
 * Words that every name has in it that a glob matches: whole ones, and beginnings where a wildcard follows. What follows a
 * wildcard without anything between is the end of a word, and says nothing.
 */
export function wordsOfGlob(glob: string): { readonly whole: readonly string[]; readonly begun: readonly string[] } {
	const parts = glob.split(/([*?]+)/);
	const found = parts.flatMap((literal, i) => {
		if (i % 2 === 1) return [];
		const beginsWithin = i > 0 && /^[\p{L}\p{N}]/u.test(literal);
		const endsWithin = i < parts.length - 1 && /[\p{L}\p{N}]$/u.test(literal);
		const runs = literal.split(/[^\p{L}\p{N}]+/u).filter((run) => run !== "");
		return runs
			.map((run, n) => ({
				words: wordsIn(run),
				isWhole: !(endsWithin && n === runs.length - 1),
				isTail: beginsWithin && n === 0,
			}))
			.filter(({ isTail }) => !isTail);
	});
	const all = (isWhole: boolean) => found.filter((one) => one.isWhole === isWhole).flatMap(({ words }) => words);
	return { whole: [...new Set(all(true))], begun: [...new Set(all(false))] };
}
