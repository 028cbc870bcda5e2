/** When it was made, in milliseconds since the epoch. */
export function timeOf(headers: Readonly<Record<string, unknown>>): number | undefined {
	const at = Date.parse(String(headers["cloudEvents:time"]));
	return Number.isNaN(at) ? undefined : at;
}

/** Attributes of CloudEvents 1.0 in the headers, as the AMQP binding names them. */
export function cloudEvent(type: string, source: string, id: string, at = Date.now()): Record<string, string> {
	return {
		"cloudEvents:specversion": "1.0",
		"cloudEvents:type": type,
		"cloudEvents:source": source,
		"cloudEvents:id": id,
		"cloudEvents:time": new Date(at).toISOString(),
	};
}
