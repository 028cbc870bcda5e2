import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Sink, type SinkMessage, type SinkStream, sinkStreams } from "#core/ports/sink.ts";

/** What a service that follows us gets. */
export type Told = Pick<SinkMessage, "id" | "type" | "key" | "body" | "traceparent">;

export interface SinkUnderTest {
	open(): Promise<Sink>;
	/** All that was told of a stream, in the order in which it is read, once there are as many as expected. */
	read(stream: SinkStream, expected: number): Promise<readonly Told[]>;
	dispose(): Promise<void>;
}

const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;

function message(n: number, changes: Partial<SinkMessage> = {}): SinkMessage {
	const body = JSON.stringify({ n, name: "µg/ml" });
	return {
		id: `${n}`,
		stream: "jobs",
		type: "job.completed",
		key: `j${n % 3}`,
		at: 1_763_700_000_000,
		body,
		traceparent,
		...changes,
	};
}

const told = ({ id, type, key, body, traceparent }: SinkMessage): Told => ({ id, type, key, body, traceparent });

/** What every way to tell other services must do. */
export function describeSink(name: string, setUp: () => Promise<SinkUnderTest>): void {
	describe(`sink: ${name}`, () => {
		let under: SinkUnderTest;
		let sink: Sink;

		beforeEach(async () => {
			under = await setUp();
			sink = await under.open();
		});

		afterEach(async () => {
			await sink.close();
			await under.dispose();
		});

		it("tells everything of a message, in its stream", async () => {
			const messages = sinkStreams.map((stream, n) => message(n, { stream, type: `${stream.slice(0, -1)}.committed` }));
			await sink.deliver(messages);
			for (const one of messages) expect(await under.read(one.stream, 1)).toEqual([told(one)]);
		});

		it("takes nothing, and many at once", async () => {
			await sink.deliver([]);
			const messages = Array.from({ length: 1_000 }, (_, n) => message(n));
			await sink.deliver(messages);
			const ids = (await under.read("jobs", 1_000)).map(({ id }) => id);
			expect(new Set(ids).size).toBe(1_000);
		});

		it("keeps the order of a key, over calls that nobody waits for", async () => {
			await Promise.all(Array.from({ length: 40 }, (_, n) => sink.deliver([message(2 * n), message(2 * n + 1)])));
			const all = await under.read("jobs", 80);
			for (const key of ["j0", "j1", "j2"]) {
				const numbers = all.filter((one) => one.key === key).map(({ id }) => Number(id));
				expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
			}
		});

		it("tells again what is delivered again, under the same id", async () => {
			await sink.deliver([message(1)]);
			await sink.deliver([message(1)]);
			expect(await under.read("jobs", 2)).toEqual([told(message(1)), told(message(1))]);
		});

		it("has told all when it is opened anew", async () => {
			await sink.deliver([message(1)]);
			await sink.close();
			sink = await under.open();
			await sink.deliver([message(4)]);
			expect((await under.read("jobs", 2)).map(({ id }) => id)).toEqual(["1", "4"]);
		});

		it("can be closed twice", async () => {
			await sink.close();
			await sink.close();
		});
	});
}
