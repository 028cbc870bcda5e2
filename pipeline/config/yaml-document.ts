import {
	type Document,
	isAlias,
	isMap,
	isNode,
	isPair,
	isScalar,
	isSeq,
	LineCounter,
	parseDocument,
	visit,
	type YAMLError,
} from "yaml";
import type { KeyPath, Place } from "./problem.ts";

/** A configuration as it was written, that knows where everything stands. */
export interface WrittenConfig {
	readonly file: string;
	readonly value: unknown;
	/** Where a key or its value stands; of what was not written, the nearest thing above it. */
	place(path: KeyPath, part: "key" | "value"): Place | undefined;
}

/** What is wrong with the text itself, before any meaning. */
export interface TextTrouble {
	readonly place: Place;
	readonly message: string;
	readonly fix: string;
	/** Nothing further can be said about such a file. */
	readonly unreadable: boolean;
}

type Range = readonly [start: number, end: number];

export function parseYaml(
	file: string,
	source: string,
): { readonly written: WrittenConfig; readonly troubles: TextTrouble[] } {
	const lines = new LineCounter();
	const document = parseDocument(source, { merge: true, prettyErrors: false, lineCounter: lines });
	const placeOf = (range: Range) => placeIn(source, lines, range);
	const troubles = [
		...document.errors.map((error) => syntaxTrouble(error, source, placeOf)),
		...aliasTroubles(document, placeOf),
		...numberTroubles(document, source, placeOf),
	];
	const readable = !troubles.some(({ unreadable }) => unreadable);
	return {
		troubles,
		written: {
			file,
			value: readable ? (document.toJS({ maxAliasCount: 1000 }) ?? {}) : {},
			place: (path, part) => placeOf(rangeOf(document, source, path, part)),
		},
	};
}

function placeIn(source: string, lines: LineCounter, [start, end]: Range): Place {
	const { line, col } = lines.linePos(start);
	const from = source.lastIndexOf("\n", start - 1) + 1;
	const to = source.indexOf("\n", start);
	const text = source.slice(from, to === -1 ? undefined : to).replace(/\r$/, "");
	return { line, column: col, length: Math.max(1, Math.min(end - start, text.length - (col - 1))), text };
}

function rangeOf(document: Document.Parsed, source: string, path: KeyPath, part: "key" | "value"): Range {
	let node: unknown = document.contents;
	let key: unknown = {};
	for (const step of path) {
		if (isAlias(node)) node = node.resolve(document);
		const next: { key: unknown; value: unknown } | undefined = stepInto(node, step);
		if (next === undefined) break;
		({ key, value: node } = next);
	}
	const { range } = (part === "value" && standsOnOneLine(node, source) ? node : key) as { range?: Range | null };
	return range ? [range[0], range[1]] : [0, 0];
}

/** Such a value is shown itself; of any other its key is. */
function standsOnOneLine(node: unknown, source: string): boolean {
	if (!isNode(node) || !node.range || (isScalar(node) && node.value === null)) return false;
	return (
		(isScalar(node) || (node as { flow?: boolean }).flow === true) &&
		!source.slice(node.range[0], node.range[1]).includes("\n")
	);
}

function stepInto(node: unknown, step: string | number): { key: unknown; value: unknown } | undefined {
	if (isSeq(node)) {
		const item = node.items[Number(step)];
		return item === undefined ? undefined : { key: item, value: item };
	}
	if (!isMap(node)) return undefined;
	const pair = node.items.findLast((item) => isScalar(item.key) && String(item.key.value) === String(step));
	return pair && { key: pair.key, value: pair.value };
}

const remedies: Partial<Record<YAMLError["code"], string>> = {
	TAB_AS_INDENT: "Indent with spaces.",
	BAD_DQ_ESCAPE: "Use single quotes: in them a backslash is a backslash.",
	BAD_SCALAR_START: "Put the value in single quotes.",
	MISSING_CHAR: "Close the quote or bracket, or look for a missing colon.",
	BLOCK_AS_IMPLICIT_KEY: "Put a value that contains a colon in quotes, or begin a new line.",
	BAD_INDENT: "Close the bracket, and indent the keys of one map alike.",
	UNEXPECTED_TOKEN: "Begin a list on a line of its own, or quote the value.",
	MULTIPLE_DOCS: "Keep one document: remove what stands behind ---",
};

function syntaxTrouble(error: YAMLError, source: string, placeOf: (range: Range) => Place): TextTrouble {
	const place = placeOf(error.pos);
	if (error.code === "DUPLICATE_KEY") {
		const key = /^[^\s:]+/.exec(source.slice(error.pos[0]))?.[0] ?? "";
		return {
			place: { ...place, length: key.length },
			message: `the key "${key}" is there twice`,
			fix: "Keep one of them, or give the second another name.",
			unreadable: false,
		};
	}
	const fix = remedies[error.code] ?? "Correct the YAML here.";
	return { place, message: `this is no YAML: ${error.message}`, fix, unreadable: true };
}

/** `include: [*.csv]` is a reference to an anchor in YAML, and the commonest slip in files full of patterns. */
function aliasTroubles(document: Document.Parsed, placeOf: (range: Range) => Place): TextTrouble[] {
	const troubles: TextTrouble[] = [];
	visit(document, {
		Alias(_, alias) {
			if (alias.resolve(document) !== undefined || !alias.range) return;
			troubles.push({
				place: placeOf([alias.range[0], alias.range[1]]),
				message: `*${alias.source} without quotes means something else in YAML (a reference)`,
				fix: `Put it in quotes: "*${alias.source}"`,
				unreadable: true,
			});
		},
	});
	return troubles;
}

/** Numbers whose digits would not survive: a plate 0012 would become 12, a barcode of 17 digits another barcode. */
function numberTroubles(document: Document.Parsed, source: string, placeOf: (range: Range) => Place): TextTrouble[] {
	const troubles: TextTrouble[] = [];
	visit(document, {
		Scalar(key, scalar, ancestors) {
			const digits =
				typeof scalar.value === "number" && scalar.range ? source.slice(scalar.range[0], scalar.range[1]) : "";
			const isKey = key === "key" && isPair(ancestors.at(-1));
			if (isKey || !scalar.range || !/^[-+]?(0[0-9]+|[0-9]{16,})$/.test(digits) || exact(digits)) return;
			troubles.push({
				place: placeOf([scalar.range[0], scalar.range[1]]),
				message: `${digits} without quotes is the number ${String(scalar.value)}`,
				fix: `Put it in quotes to keep every digit: "${digits}"`,
				unreadable: false,
			});
		},
	});
	return troubles;
}

function exact(digits: string): boolean {
	return !/^[-+]?0[0-9]/.test(digits) && String(BigInt(digits)) === digits && Number.isSafeInteger(Number(digits));
}
