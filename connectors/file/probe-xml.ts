import type { Content } from "./content.ts";
import { headText, tailText } from "./text-encoding.ts";

const headBytes = 256 * 1024;
const tailBytes = 64 * 1024;

/** Comments, processing instructions, a document type, white space: what may stand around the root element. */
const before = /^(?:\s+|<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!DOCTYPE(?:[^<>[\]]|\[[\s\S]*?\]\s*)*>)*/;
const after = /(?:\s+|<\?(?:(?!\?>)[\s\S])*\?>|<!--(?:(?!-->)[\s\S])*-->)$/;
const startTag = /^<([^\s/>]+)(?:[^>"']|"[^"]*"|'[^']*')*?(\/?)>/;

/** The root element that is opened at the beginning is closed at the end, with nothing behind it. */
export function probeXml(content: Content): string | undefined {
	const head = headText(content, headBytes);
	const opened = startTag.exec(head.slice(before.exec(head)?.[0].length ?? 0));
	if (opened === null) return "the root element of the XML";
	const [tag, name, empty] = opened as unknown as [string, string, string];
	const end = empty === "" ? `</${name}>` : tag;
	let tail = tailText(content, tailBytes);
	for (let rest = after.exec(tail); rest !== null; rest = after.exec(tail)) tail = tail.slice(0, rest.index);
	const closed = empty === "" ? tail.replace(/\s+>$/, ">") : tail;
	return closed.endsWith(end) ? undefined : `the end of the XML, ${end}`;
}
