/** Words from outside (R's messages, names) as one line that cannot steer a terminal. Paths: `displayPath`. */
export function oneLine(text: string): string {
	return manyLines(text.replaceAll(/\s+/g, " ").trim());
}

/** The same with its lines kept. Marks that turn the direction of writing are shown as well: they forge names. */
export function manyLines(text: string): string {
	return text.toWellFormed().replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, (sign) => {
		const code = sign.charCodeAt(0).toString(16);
		return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code}`;
	});
}
