/** Bytes of a message for people and JSON: what is no text as base64, which says so. */
export function asText(content: Uint8Array): string {
	const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
	const text = bytes.toString("utf8");
	return Buffer.from(text).equals(bytes) ? text : `base64:${bytes.toString("base64")}`;
}
