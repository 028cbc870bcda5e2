import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "#core/clock.ts";
import type { EventLog, LogEvent, LogPartition, LogReader, LogRecord } from "#core/ports/event-log.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

export interface Capabilities {
	/** What was appended is there when it is opened again, in this process or another. */
	readonly durable: boolean;
	/** `trim` drops what it may; false: the server does, by rules of its own, and a call changes nothing. */
	readonly trims: boolean;
}

export interface EventLogUnderTest {
	/** Opens the log, with a retention of one minute by the clock given; of a durable adapter the same log each time. */
	open(clock: Clock): Promise<EventLog>;
	/** Deletes the log, which is closed: what is opened next is another one. */
	lose(): Promise<void>;
	/** Removes whatever the logs of this test left. */
	dispose(): Promise<void>;
}

export function describeEventLog(name: string, can: Capabilities, setUp: () => Promise<EventLogUnderTest>): void {
	describe(`event log: ${name}`, () => {
		let under: EventLogUnderTest;
		let log: EventLog;
		/** The only one. */
		let partition: LogPartition;
		let clock: ManualClock;

		beforeEach(async () => {
			under = await setUp();
			clock = new ManualClock();
			await open();
		});

		const open = async () => {
			log = await under.open(clock);
			partition = log.partitions[0];
		};

		afterEach(async () => {
			await log.close();
			await under.dispose();
		});

		it("gives events in the order in which they were appended, each once, whole", async () => {
			await log.append([event("a"), event("b")]);
			await log.append([event("c")]);
			const records = await readAll(partition.open(undefined), 3);
			const given = records.map(({ offset, mark, headers, appendedAt, ...rest }) => rest);
			expect(given).toEqual([event("a"), event("b"), event("c")]);
			expect(records.map((record) => record.offset)).toEqual([...records.map((r) => r.offset)].sort((a, b) => a - b));
		});

		it("says when an event was appended, by the clock of who did it", async () => {
			const now = () => [clock.now(), Date.now()];
			const before = now();
			await log.append([event("a")]);
			const [record] = await readAll(partition.open(undefined), 1);
			const after = now();
			const isBetween = before.map(
				(from, i) => Number(record?.appendedAt) >= from && Number(record?.appendedAt) <= (after[i] ?? 0),
			);
			expect(isBetween).toContain(true);
		});

		it("keeps every character of a message", async () => {
			const body = JSON.stringify({ path: "µ\n\u0000\udc80 \u{1f407}" });
			await log.append([{ ...event("a"), body }]);
			expect((await readAll(partition.open(undefined), 1))[0]?.body).toBe(body);
		});

		it("gives no more than asked for", async () => {
			await log.append([event("a"), event("b"), event("c")]);
			const reader = partition.open(undefined);
			expect(await ids(reader.read(2, never))).toEqual(["a", "b"]);
			expect(await ids(reader.read(2, never))).toEqual(["c"]);
		});

		it("goes on behind an offset", async () => {
			await log.append([event("a"), event("b"), event("c")]);
			const [first] = await partition.open(undefined).read(1, never);
			expect(await ids(partition.open(first).read(10, never))).toEqual(["b", "c"]);
		});

		it("lets two readers go their own ways", async () => {
			await log.append([event("a"), event("b")]);
			const [one, other] = [partition.open(undefined), partition.open(undefined)];
			await one.read(10, never);
			expect(await ids(other.read(10, never))).toEqual(["a", "b"]);
		});

		it("wakes a reader that waits", async () => {
			const reading = ids(partition.open(undefined).read(10, never));
			await log.append([event("a")]);
			expect(await reading).toEqual(["a"]);
		});

		it("takes an empty batch as nothing", async () => {
			await log.append([]);
			expect(await partition.end()).toBeUndefined();
		});

		it("knows its end", async () => {
			expect(await partition.end()).toBeUndefined();
			await log.append([event("a"), event("b")]);
			const records = await readAll(partition.open(undefined), 2);
			expect(await partition.end()).toBe(records[1]?.offset);
		});

		it("gives nothing once the wait is aborted, and goes on where it was", async () => {
			const reader = partition.open(undefined);
			const abort = new AbortController();
			const reading = reader.read(1, abort.signal);
			abort.abort();
			expect(await reading).toEqual([]);
			expect(await reader.read(1, abort.signal)).toEqual([]);
			await log.append([event("a")]);
			expect(await reader.read(1, abort.signal)).toEqual([]);
			expect(await ids(reader.read(1, never))).toEqual(["a"]);
		});

		it("fails a read that waits when its reader or the log is closed", async () => {
			const reader = partition.open(undefined);
			const ended = reader.read(1, never);
			reader.close();
			await expect(ended).rejects.toMatchObject({ code: "LOG_CLOSED", class: "transient" });
			const waiting = partition.open(undefined).read(1, never);
			const failing = expect(waiting).rejects.toMatchObject({ code: "LOG_CLOSED", class: "transient" });
			await log.close();
			await failing;
		});

		it("says that it is another one than what a reader was in, whatever is in it", async () => {
			await log.append([event("a"), event("b")]);
			await log.append([event("c")]);
			const [first, , last] = await readAll(partition.open(undefined), 3);
			await log.close();
			await under.lose();
			await open();
			const refused = { code: "LOG_REPLACED", class: "permanent" };
			await expect(partition.open(last).read(1, never)).rejects.toMatchObject(refused);
			await log.append([event("d"), event("e"), event("f"), event("g")]);
			for (const position of [first, last]) {
				const reader = partition.open(position);
				await expect(reader.read(1, never)).rejects.toMatchObject(refused);
				reader.close();
			}
			expect((await readAll(partition.open(undefined), 4)).map(({ id }) => id)).toEqual(["d", "e", "f", "g"]);
		});

		it("can be looked at, which it bears also with readers, and not once it is closed", async () => {
			await log.look();
			const reading = ids(partition.open(undefined).read(10, never));
			await log.look();
			await log.append([event("a")]);
			expect(await reading).toEqual(["a"]);
			await log.close();
			await expect(log.look()).rejects.toMatchObject({ name: "WatchRabbitError" });
		});

		it("can be closed twice", async () => {
			await log.close();
			await log.close();
		});

		it("gives every event of concurrent writers to a reader that follows", async () => {
			const reading = readAll(partition.open(undefined), 200);
			const writer = async (who: string) => {
				for (let n = 0; n < 20; n++) await log.append(Array.from({ length: 5 }, (_, i) => event(`${who}${n}-${i}`)));
			};
			await Promise.all([writer("a"), writer("b")]);
			expect(new Set((await reading).map((record) => record.id)).size).toBe(200);
		});

		if (can.trims) {
			it("trims what is behind the offset and older than the retention, and gives no offset twice", async () => {
				await log.append([event("old"), event("not yet consumed")]);
				const [old] = await partition.open(undefined).read(1, never);
				await clock.advance(61_000);
				await log.append([event("young")]);
				const end = (await partition.end()) as number;
				await partition.trim(old?.offset as number);
				expect(await ids(partition.open(undefined).read(10, never))).toEqual(["not yet consumed", "young"]);
				await partition.trim(end);
				expect(await ids(partition.open(undefined).read(10, never))).toEqual(["young"]);
				await clock.advance(61_000);
				await partition.trim(end);
				expect(await partition.end()).toBe(end);
				await log.append([event("next")]);
				const [next] = await partition.open(undefined).read(10, never);
				expect(next?.id).toBe("next");
				expect(next?.offset).toBeGreaterThan(end);
			});

			it("trims as many as there are, and lets others in meanwhile", async () => {
				for (let i = 0; i < 13; i++) await log.append(Array.from({ length: 100 }, (_, n) => event(`${i}-${n}`)));
				await clock.advance(61_000);
				const trimming = partition.trim((await partition.end()) as number);
				await log.append([event("young")]);
				await trimming;
				expect(await ids(partition.open(undefined).read(10, never))).toEqual(["young"]);
			});
		} else {
			it("leaves to the server what it may drop", async () => {
				await log.append([event("a")]);
				await partition.trim((await partition.end()) as number);
				expect(await ids(partition.open(undefined).read(10, never))).toEqual(["a"]);
			});
		}

		if (!can.durable) return;

		it("has what was appended when it is opened again", async () => {
			await log.append([event("a")]);
			const end = await partition.end();
			await log.close();
			await open();
			expect(await partition.end()).toBe(end);
			expect(await ids(partition.open(undefined).read(1, never))).toEqual(["a"]);
		});

		it("tells a reader of what another opening of the same log appends", async () => {
			const other = await under.open(clock);
			const reading = ids(partition.open(undefined).read(10, never));
			await other.append([event("a")]);
			expect(await reading).toEqual(["a"]);
			await other.close();
		});
	});
}

const never = new AbortController().signal;

function event(id: string): LogEvent {
	return { id, key: `key of ${id}`, body: `{"id":"${id}"}`, traceparent: `00-${id}` };
}

async function ids(records: Promise<readonly LogRecord[]>): Promise<string[]> {
	return (await records).map((record) => record.id);
}

async function readAll(reader: LogReader, count: number): Promise<LogRecord[]> {
	const records: LogRecord[] = [];
	while (records.length < count) records.push(...(await reader.read(count - records.length, never)));
	reader.close();
	return records;
}
