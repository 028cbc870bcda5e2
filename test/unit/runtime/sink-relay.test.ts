import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Sink, SinkMessage } from "#core/ports/sink.ts";
import { WakeUp } from "#core/wake-up.ts";
import { SinkRelay } from "#runtime/sink-relay.ts";
import { claimed, commitOf, complete, endOf, queued, replayed, traceparent } from "#test/support/acquisitions.ts";
import { Spine, until } from "#test/support/spine.ts";

/** A sink that fails when it is told to, before or after it has heard. */
class RecordingSink implements Sink {
	readonly told: SinkMessage[] = [];
	refusal: WatchRabbitError | undefined;
	lostAnswers = 0;

	async deliver(messages: readonly SinkMessage[]): Promise<void> {
		if (this.refusal !== undefined) throw this.refusal;
		this.told.push(...messages);
		if (this.lostAnswers-- > 0) throw transient("AWAY", "the answer was lost");
	}

	async close(): Promise<void> {}

	types(key?: string): string[] {
		return this.told.filter((message) => key === undefined || message.key === key).map(({ type }) => type);
	}
}

describe("the relay to a sink", () => {
	let spine: Spine;
	let sink: RecordingSink;
	let relay: SinkRelay;
	const moved = new WakeUp();

	beforeEach(async () => {
		spine = await Spine.open();
		sink = new RecordingSink();
		relay = start();
	});

	afterEach(async () => {
		await relay.stop();
		await spine.close();
	});

	function start(): SinkRelay {
		const { catalog, report, onBroken } = spine;
		const started = new SinkRelay({ name: "test", sink, catalog, clock: systemClock, report, moved, onBroken });
		started.start();
		return started;
	}

	async function toldOf(type: string, times = 1): Promise<void> {
		moved.ring();
		await until(`told of ${type}`, () => sink.types().filter((told) => told === type).length >= times);
	}

	it("tells the states of a job in their order, its result, and its measurements", async () => {
		const [job = ""] = await queued(spine.catalog, "plate");
		const claim = await claimed(spine.catalog, job);
		const measurements = [
			{ name: "Asym", value: 2.34518, unit: "", lower: 2 },
			{ name: "slope", value: "NaN", unit: "1/min" },
		] as const;
		await spine.catalog.commitResult(commitOf(claim, { measurements }));
		await toldOf("result.committed");
		const states = ["created", "validated", "queued", "running", "executed", "completed"];
		expect(sink.types(job)).toEqual(states.map((state) => `job.${state}`));
		const acquisition = claim.inputs[0].acquisition.id;
		expect(sink.types(acquisition)).toEqual(["result.committed", ...measurements.map(() => "measurement.committed")]);
		expect(sink.told.every((message) => message.traceparent === traceparent)).toBe(true);
		expect(sink.told.find(({ type }) => type === "job.completed")).toMatchObject({ stream: "jobs", at: 2_000 });
		const bodies = sink.told.filter(({ stream }) => stream === "measurements").map(({ body }) => JSON.parse(body));
		expect(bodies).toMatchObject([
			{
				name: "Asym",
				value: 2.34518,
				unit: "",
				lower: 2,
				upper: null,
				key: "plate",
				pipeline: "elisa",
				acquiredAt: "1970-01-01T00:00:00.500Z",
			},
			{ name: "slope", value: "NaN", unit: "1/min" },
		]);
	});

	it("gives every message an id of its own", async () => {
		const jobs = await queued(spine.catalog, "a", "b", "c");
		for (const job of jobs) await complete(spine.catalog, job);
		await toldOf("result.committed", 3);
		expect(new Set(sink.told.map(({ id }) => id)).size).toBe(sink.told.length);
	});

	it("tells of failures, and of results that are superseded", async () => {
		const [job = ""] = await queued(spine.catalog, "plate");
		await spine.catalog.endAttempt(endOf(await claimed(spine.catalog, job)));
		await toldOf("job.dead");
		const cause = sink.told.find(({ type }) => type === "job.dead");
		expect(JSON.parse(cause?.body ?? "")).toMatchObject({
			id: job,
			state: "dead",
			detail: "object 'x' not found",
		});
		await replayed(spine.catalog, job, 3_000, "a person");
		await complete(spine.catalog, job, 4_000);
		await replayed(spine.catalog, job, 5_000, "a person");
		await complete(spine.catalog, job, 6_000);
		await toldOf("result.superseded");
	});

	it("goes on after a restart where it was", async () => {
		const [first = ""] = await queued(spine.catalog, "a");
		await complete(spine.catalog, first);
		await toldOf("result.committed");
		await until("it is written down", async () => (await spine.catalog.offset("sink.test")) !== undefined);
		await relay.stop();
		const before = sink.told.splice(0);
		const [second = ""] = await queued(spine.catalog, "b");
		await complete(spine.catalog, second);
		relay = start();
		await toldOf("result.committed");
		const ids = new Set(before.map(({ id }) => id));
		const again = sink.told.filter(({ id }) => ids.has(id));
		expect(again).toEqual(before.filter(({ id }) => again.some((message) => message.id === id)));
		expect(sink.types(second).length).toBe(6);
	});

	it("tells again what the sink may not have, with the same ids and bodies", async () => {
		sink.lostAnswers = 1;
		const [job = ""] = await queued(spine.catalog, "a");
		await until("told twice", () => sink.types(job).filter((type) => type === "job.queued").length === 2);
		const [one, two] = sink.told.filter(({ type }) => type === "job.queued");
		expect(two).toEqual(one);
	});

	it("waits for a sink that refuses, says so, and loses nothing", async () => {
		sink.refusal = permanent("KAFKA_TOPIC_MISSING", "Kafka has no such topic", { fix: "Create it." });
		const [job = ""] = await queued(spine.catalog, "a");
		moved.ring();
		await until("it is told", () => spine.events("neighbour.away").length > 0);
		expect(spine.events("neighbour.away")[0]).toMatchObject({
			neighbour: "sink/test",
			error: { code: "KAFKA_TOPIC_MISSING", fix: "Create it." },
		});
		sink.refusal = undefined;
		await toldOf("job.queued");
		expect(sink.types(job)).toEqual(["job.created", "job.validated", "job.queued"]);
		expect(spine.broken).toEqual([]);
	});
});
