import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "#core/clock.ts";
import type { WorkDelivery, WorkItem, WorkQueue } from "#core/ports/work-queue.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

export const queueUnderTest = { leaseMs: 60_000, bound: 50 };

export interface Capabilities {
	/** What was enqueued is there when it is opened again, in this process or another. */
	readonly durable: boolean;
	/** Higher priorities go first. */
	readonly priorities: boolean;
	/** Of a job at most one hint waits; false: each is delivered, and the catalog makes all but one of them harmless. */
	readonly merges: boolean;
	/**
	 * timed: a delivery is given to another when its lease is over by the clock given. held: when its consumer is gone, by
	 * the server's knowledge; and what is not due yet waits by the server's clock.
	 */
	readonly leases: "timed" | "held";
}

export interface WorkQueueUnderTest {
	/** Opens the queue with the lease and the bound of `queueUnderTest`; of a durable adapter the same queue each time. */
	open(clock: Clock): Promise<WorkQueue>;
	/** Removes whatever the queues of this test left. */
	dispose(): Promise<void>;
}

export function describeWorkQueue(name: string, can: Capabilities, setUp: () => Promise<WorkQueueUnderTest>): void {
	describe(`work queue: ${name}`, () => {
		let under: WorkQueueUnderTest;
		let queue: WorkQueue;
		let clock: ManualClock;

		beforeEach(async () => {
			under = await setUp();
			clock = new ManualClock();
			queue = await under.open(clock);
		});

		afterEach(async () => {
			await queue.close();
			await under.dispose();
		});

		const take = (max = 10) => queue.take("p", max, never);
		const one = async () => (await take(1))[0] as WorkDelivery;
		/** A server may give fewer at a time than there are. */
		const taken = async (count: number) => {
			const deliveries = [...(await take(count))];
			while (deliveries.length < count) deliveries.push(...(await take(count - deliveries.length)));
			return deliveries;
		};
		/** A server may need a moment to know. */
		const depthIs = (waiting: number, leased: number, pool = "p") =>
			expect.poll(() => queue.depth(pool), { interval: 20, timeout: 5_000 }).toEqual({ waiting, leased });
		/** What can be had at once: whatever is ready was enqueued before the marker, which comes last. */
		const ready = async () => {
			await queue.enqueue("p", [{ ...item("marker"), priority: 0 }]);
			const taken: string[] = [];
			for (let delivery = await one(); ; delivery = await one()) {
				await delivery.ack();
				if (delivery.item.jobId === "marker") return taken;
				taken.push(delivery.item.jobId);
			}
		};

		it("delivers what was enqueued, in order, whole", async () => {
			await queue.enqueue("p", [item("a"), item("b")]);
			await queue.enqueue("p", [item("c")]);
			expect((await taken(3)).map((delivery) => delivery.item)).toEqual([item("a"), item("b"), item("c")]);
		});

		it("delivers what waits also when the clock is stepped back an hour", async () => {
			await queue.enqueue("p", [{ jobId: "a", priority: 4, traceparent: "" }]);
			clock.step(-3_600_000);
			expect((await take()).map(({ item }) => item.jobId)).toEqual(["a"]);
		});

		if (can.priorities) {
			it("delivers higher priorities first", async () => {
				await queue.enqueue("p", [item("low", 1), item("high", 9), item("middle", 5), item("high too", 9)]);
				expect(jobs(await take())).toEqual(["high", "high too", "middle", "low"]);
			});
		}

		it("gives no more than asked for, and nothing twice to competing consumers", async () => {
			await queue.enqueue(
				"p",
				["a", "b", "c", "d", "e"].map((id) => item(id)),
			);
			const [some, others] = await Promise.all([take(2), take(2)]);
			expect(some.length).toBeLessThanOrEqual(2);
			expect(others.length).toBeLessThanOrEqual(2);
			const rest = await taken(5 - some.length - others.length);
			expect(jobs([...some, ...others, ...rest]).sort()).toEqual(["a", "b", "c", "d", "e"]);
		});

		it("keeps the pools apart", async () => {
			await queue.enqueue("other", [item("x")]);
			await queue.enqueue("p", [item("a")]);
			expect(jobs(await take())).toEqual(["a"]);
			await depthIs(1, 0, "other");
		});

		it("forgets what was acknowledged", async () => {
			await queue.enqueue("p", [item("a")]);
			await (await one()).ack();
			await clock.advance(queueUnderTest.leaseMs);
			await depthIs(0, 0);
		});

		it("delivers again what was released, but not before its time", async () => {
			const afterMs = can.leases === "timed" ? 5_000 : 1_500;
			await queue.enqueue("p", [item("a")]);
			await (await one()).release(afterMs);
			await depthIs(1, 0);
			expect(await ready()).toEqual([]);
			if (can.leases === "timed") await clock.advance(afterMs);
			expect(jobs(await take())).toEqual(["a"]);
		});

		it("delivers at once what was released for now", async () => {
			await queue.enqueue("p", [item("a")]);
			await (await one()).release(0);
			expect(jobs(await take())).toEqual(["a"]);
		});

		if (can.leases === "timed") {
			it("delivers again what a consumer that died had, and only after its lease", async () => {
				await queue.enqueue("p", [item("a")]);
				await one();
				await clock.advance(queueUnderTest.leaseMs - 1);
				expect(await ready()).toEqual([]);
				await clock.advance(1);
				expect(await ready()).toEqual(["a"]);
			});

			it("leaves a delivery to a consumer that says it is still working", async () => {
				await queue.enqueue("p", [item("a")]);
				const delivery = await one();
				await clock.advance(queueUnderTest.leaseMs - 1);
				await delivery.extend();
				await clock.advance(queueUnderTest.leaseMs - 1);
				expect(await ready()).toEqual([]);
				await depthIs(0, 1);
			});

			it("ignores the answer of a consumer that lost its lease to another", async () => {
				await queue.enqueue("p", [item("a")]);
				const stale = await one();
				await clock.advance(queueUnderTest.leaseMs);
				const fresh = await one();
				await stale.ack();
				await stale.release(0);
				await stale.reject("stale");
				await stale.extend();
				await depthIs(0, 1);
				expect(await queue.deadLetters()).toEqual([]);
				await fresh.ack();
				await depthIs(0, 0);
			});

			it("counts what waits again when its lease is over", async () => {
				await queue.enqueue("p", [item("a"), item("b"), item("c")]);
				await one();
				await clock.advance(queueUnderTest.leaseMs);
				await depthIs(3, 0);
			});
		} else {
			it("gives to others what a consumer had that went away", async () => {
				const other = await under.open(clock);
				await queue.enqueue("p", [item("a")]);
				const [gone] = await other.take("p", 1, never);
				expect(gone?.item).toEqual(item("a"));
				await other.close();
				expect(jobs(await take())).toEqual(["a"]);
			});

			it("leaves a delivery to a consumer that says it is still working", async () => {
				await queue.enqueue("p", [item("a")]);
				await (await one()).extend();
				expect(await ready()).toEqual([]);
				await depthIs(0, 1);
			});
		}

		it("counts what waits and what is leased", async () => {
			await queue.enqueue("p", [item("a"), item("b"), item("c")]);
			await one();
			await depthIs(2, 1);
		});

		if (can.merges) {
			it("merges a hint with one that waits for the same job, keeping the higher priority", async () => {
				await queue.enqueue("p", [item("a", 1), item("b", 5)]);
				await queue.enqueue("p", [item("a", 9)]);
				expect(jobs(await take())).toEqual(["a", "b"]);
			});

			it("takes a new hint for a job that is being worked on, and merges it when that is released", async () => {
				await queue.enqueue("p", [item("a")]);
				const first = await one();
				await queue.enqueue("p", [item("a")]);
				await first.release(0);
				expect(jobs(await take())).toEqual(["a"]);
				await depthIs(0, 1);
			});

			it("takes hints for jobs that wait already even at its bound", async () => {
				const many = Array.from({ length: queueUnderTest.bound }, (_, n) => item(`j${n}`));
				await queue.enqueue("p", many);
				await queue.enqueue("p", many);
				await depthIs(queueUnderTest.bound, 0);
			});
		}

		it("refuses what goes over its bound, whole, and takes it once there is room", async () => {
			const many = Array.from({ length: queueUnderTest.bound - 1 }, (_, n) => item(`j${n}`));
			await queue.enqueue("p", many);
			const refused = queue.enqueue("p", [item("y"), item("z")]);
			await expect(refused).rejects.toMatchObject({ code: "QUEUE_FULL", class: "transient" });
			await depthIs(many.length, 0);
			await (await one()).ack();
			await queue.enqueue("p", [item("y"), item("z")]);
			await depthIs(queueUnderTest.bound, 0);
		});

		it("keeps rejected items and unreadable messages whole, with the reason", async () => {
			await queue.enqueue("p", [item("a")]);
			await (await one()).reject("cannot be read");
			await queue.bury("watchrabbit.files", "{broken", "not JSON");
			await queue.bury("watchrabbit.files", Uint8Array.of(0xff, 0x00), "no text", { from: "elsewhere", n: [1] });
			const [rejected, buried, bytes] = await queue.deadLetters();
			expect(rejected).toMatchObject({ queue: "watchrabbit.work.p", reason: "cannot be read", at: clock.now() });
			expect(JSON.parse(rejected?.body as string)).toEqual(item("a"));
			expect(buried).toMatchObject({ queue: "watchrabbit.files", body: "{broken", reason: "not JSON" });
			expect(buried?.id).not.toBe(rejected?.id);
			expect(bytes).toMatchObject({ body: "base64:/wA=", reason: "no text", headers: { from: "elsewhere", n: [1] } });
			await depthIs(0, 0);
		});

		it("tells the last message that was buried, by whomever", async () => {
			expect(await queue.lastDeadLetter()).toBeUndefined();
			for (const body of ["first", "second"]) {
				await queue.bury("watchrabbit.files", body, "not JSON");
				expect(await queue.lastDeadLetter()).toBe((await queue.deadLetters()).at(-1)?.id);
			}
			if (!can.durable) return;
			const before = await queue.lastDeadLetter();
			const other = await under.open(clock);
			await other.bury("watchrabbit.files", "third", "not JSON");
			await other.close();
			expect(await queue.lastDeadLetter()).not.toBe(before);
		});

		it("wakes a consumer that waits", async () => {
			const taking = take();
			await queue.enqueue("p", [item("a")]);
			expect(jobs(await taking)).toEqual(["a"]);
		});

		it("gives nothing, and leases nothing, once the wait is aborted", async () => {
			const abort = new AbortController();
			const taking = queue.take("p", 1, abort.signal);
			abort.abort();
			expect(await taking).toEqual([]);
			await queue.enqueue("p", [item("a")]);
			expect(await queue.take("p", 1, abort.signal)).toEqual([]);
			await depthIs(1, 0);
		});

		it("fails a take that waits when it is closed, and can be closed twice", async () => {
			const failing = expect(take()).rejects.toMatchObject({ code: "QUEUE_CLOSED", class: "transient" });
			await queue.close();
			await failing;
			await queue.close();
		});

		if (!can.durable) return;

		it("has what was enqueued, leased and buried when it is opened again", async () => {
			await queue.enqueue("p", [item("a"), item("b")]);
			await one();
			await queue.bury("watchrabbit.files", "{", "not JSON");
			await queue.close();
			queue = await under.open(clock);
			await (can.leases === "timed" ? depthIs(1, 1) : depthIs(2, 0));
			expect(await queue.deadLetters()).toHaveLength(1);
		});

		it("delivers what another opening of the same queue enqueues", async () => {
			const other = await under.open(clock);
			const taking = take();
			await other.enqueue("p", [item("a")]);
			expect(jobs(await taking)).toEqual(["a"]);
			await other.close();
		});
	});
}

const never = new AbortController().signal;

function item(jobId: string, priority = 5): WorkItem {
	return { jobId, priority, traceparent: `00-${jobId}` };
}

function jobs(deliveries: readonly WorkDelivery[]): string[] {
	return deliveries.map((delivery) => delivery.item.jobId);
}
