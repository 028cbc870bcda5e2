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
