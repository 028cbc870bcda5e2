import type { Choice } from "./choose-shape.ts";
import { footers, probed } from "./known-names.ts";
import { type Survey, type SurveyedFile, tailOf } from "./survey.ts";

interface Ending {
	readonly file: SurveyedFile;
	/** Its last bytes, one a character. */
	readonly tail: string;
}

interface Footer {
	readonly what: string;
	readonly pattern: string;
}

/** What all of the files end with, or what most of them do and is worth a hint. */
export function chooseFooter(
	{ root }: Survey,
	data: readonly SurveyedFile[],
): { readonly chosen?: Choice<string>; readonly hint?: string } {
	const looked = data.filter(({ size }) => size > 0).slice(0, 200);
	const endings = looked.map((file) => ({ file, tail: tailOf(root, file) }));
	for (const { what, pattern } of [...footers, ...sharedLine(endings)]) {
		const expression = new RegExp(pattern);
		const without = endings.filter(({ tail }) => !expression.test(tail)).map(({ file }) => file.path);
		const having = looked.length - without.length;
		if (having < 2 || having < looked.length / 2) continue;
		if (without.length === 0) return { chosen: { value: pattern, why: [`all of ${having} files end with ${what}`] } };
		return {
			hint: `footer: '${pattern.replaceAll("'", "''")}'   # ${having} of ${looked.length} files end with ${what}; these would wait for it: ${without.slice(0, 5).join(", ")}`,
		};
	}
	return {};
}

/** Two files may share a last line by chance. */
const fewestSharing = 3;
const longestLine = 200;

/**
 * The last line that most of the files have, if it says something and they are not copies of one another. What a probe
 * looks into needs none.
 */
function sharedLine(endings: readonly Ending[]): readonly Footer[] {
	const lined = endings.filter(({ file }) => !probed.test(file.name));
	const [most] = [...Map.groupBy(lined, lastLine)]
		.filter(([line]) => line !== undefined)
		.sort(([, a], [, b]) => b.length - a.length);
	if (most === undefined) return [];
	const [line = "", sharing] = most;
	if (sharing.length < fewestSharing || new Set(sharing.map(({ tail }) => tail)).size === 1) return [];
	return [{ what: `the line: ${line}`, pattern: `${patternOf(line)}\\s*$` }];
}

/** Undefined where it is no text, numbers alone, or all that the file has. */
function lastLine({ tail }: Ending): string | undefined {
	const text = tail.trimEnd();
	const line = text.slice(text.search(/[^\r\n]*$/)).trim();
	const says = /^[\t\x20-\x7e]+$/.test(line) && /[A-Za-z]{3}/.test(line);
	return says && line.length <= longestLine && line.length < text.trim().length ? line : undefined;
}

/** A version is another after the next update of the instrument's software. */
function patternOf(line: string): string {
	return line
		.split(/\d+(?:\.\d+)+/)
		.map((literal) => literal.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
		.join("[\\d.]+");
}
