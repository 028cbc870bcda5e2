import type { EventLog, LogEvent, LogReader } from "#core/ports/event-log.ts";

/** Appends all of them, a window at a time, while they are read; ends when the last one was read. Gives what was read. */
export async function carry(
	log: EventLog,
	reader: LogReader,
	events: readonly LogEvent[],
	windowOf: number,
): Promise<ReadonlySet<string>> {
	const reading = readAll(reader, events.length);
	for (let from = 0; from < events.length; from += windowOf) {
		await untilTaken(() => log.append(events.slice(from, from + windowOf)));
	}
	return await reading;
}

/** An event that comes twice is known by its id. */
async function readAll(reader: LogReader, count: number): Promise<ReadonlySet<string>> {
	const ids = new Set<string>();
	const { signal } = new AbortController();
	while (ids.size < count) {
		const records = await untilTaken(() => reader.read(1_024, signal));
		for (const { id } of records) ids.add(id);
	}
	return ids;
}

/** As the runtime does: a broker that is away is asked again. */
async function untilTaken<T>(operation: () => Promise<T>): Promise<T> {
	for (;;) {
		try {
			return await operation();
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}
