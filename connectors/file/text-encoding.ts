import type { Content } from "./content.ts";

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/** By its byte order mark, or by the zero bytes that ASCII has in UTF-16. */
function encodingOf(content: Content): Encoding {
	const [a, b] = content.head(2);
	if ((a === 0xff && b === 0xfe) || (a !== 0 && b === 0)) return "utf-16le";
	if ((a === 0xfe && b === 0xff) || (a === 0 && b !== 0 && b !== undefined)) return "utf-16be";
	return "utf-8";
}

export function headText(content: Content, bytes: number): string {
	return decode(content.head(bytes), encodingOf(content));
}

export function tailText(content: Content, bytes: number): string {
	const encoding = encodingOf(content);
	const length = Math.min(bytes, content.size);
	// Two bytes a unit: begin where one begins.
	const aligned = encoding === "utf-8" ? length : length - ((content.size - length) % 2);
	return decode(content.tail(aligned), encoding);
}

/** Without a byte order mark; what is not valid becomes U+FFFD. */
function decode(bytes: Uint8Array, encoding: Encoding): string {
	return new TextDecoder(encoding).decode(bytes);
}
