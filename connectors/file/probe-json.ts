import type { Content } from "./content.ts";
import { headText } from "./text-encoding.ts";

/** Parsed as a whole up to this size; of what is larger only the nesting is followed, which needs no memory. */
const parsedBytes = 16 * 1024 * 1024;
const chunkSize = 1024 * 1024;

const missing = "the end of the JSON";

export function probeJson(content: Content, aborted: () => boolean): string | undefined {
	if (content.size > parsedBytes) return isNestingClosed(content, aborted) ? undefined : missing;
	try {
		JSON.parse(headText(content, content.size));
		return undefined;
	} catch (thrown) {
		return `${missing} (${(thrown as Error).message.slice(0, 200)})`;
	}
}

const quote = 0x22;
const backslash = 0x5c;
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

function isNestingClosed(content: Content, aborted: () => boolean): boolean {
	let depth = 0;
	let inString = false;
	let escaped = false;
	for (const chunk of content.chunks(chunkSize)) {
		if (aborted()) return false;
		for (const byte of chunk) {
			if (inString) {
				if (escaped) escaped = false;
				else if (byte === backslash) escaped = true;
				else if (byte === quote) inString = false;
			} else if (byte === quote) inString = true;
			else if (opening.has(byte)) depth++;
			else if (closing.has(byte)) depth--;
		}
	}
	return depth === 0 && !inString;
}
