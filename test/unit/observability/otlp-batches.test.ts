import { afterEach, describe, expect, it } from "vitest";
import { OtlpBatches } from "#observability/otlp-batches.ts";
import { until } from "#test/support/spine.ts";

const settings = {
	url: undefined,
	protocol: "http",
	headers: {},
	timeoutMs: 1000,
	version: "1.0.0",
	roles: [],
} as const;

/** Threads as the ones that speak with a collector are, without one. */
function thread(script: string): URL {
	const taking = `import { parentPort } from "node:worker_threads"; parentPort.on("message", (batch) => {${script}});`;
	return new URL(`data:text/javascript,${encodeURIComponent(taking)}`);
}
const takesAll = thread("parentPort.postMessage({})");
const hangs = thread("");

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0)) await end();
});

function sending(worker: URL) {
	const told: { count: number; why: string }[] = [];
	const taken: number[] = [];
	const batches = new OtlpBatches<unknown>(worker, settings, {
		dropped: (count, why) => told.push({ count, why }),
		taken: (seconds) => taken.push(seconds),
	});
	ends.push(() => batches.close());
	const dropped = () => told.reduce((sum, { count }) => sum + count, 0);
	return { batches, told, taken, dropped };
}

describe("what cannot be sent to another thread", () => {
	it("is counted, and throws nothing at who adds it; what comes later is sent", async () => {
		const { batches, told, taken } = sending(takesAll);
		for (let i = 0; i < 512; i++) batches.add(() => i);
		expect(told).toEqual([{ count: 512, why: expect.stringContaining("could not be cloned") }]);
		for (let i = 0; i < 512; i++) batches.add(i);
		await until("they are taken", () => taken.length === 1);
		expect(told).toHaveLength(1);
	});

	it("keeps nobody from ending", async () => {
		const { batches, dropped } = sending(takesAll);
		batches.add(() => 1);
		await batches.close();
		expect(dropped()).toBe(1);
	});
});

describe("what nobody takes", () => {
	it("is told of once for many, and all of it is counted", async () => {
		const { batches, told, dropped } = sending(hangs);
		for (let i = 0; i < 10_000; i++) batches.add(i);
		expect(told).toEqual([]);
		await until("what was refused is told", () => told.length > 0);
		expect(told).toEqual([{ count: 10_000 - 512 - 4096, why: "more than 4096 wait for the collector" }]);
		for (let i = 0; i < 10; i++) batches.add(i);
		await batches.close();
		expect(dropped()).toBe(10_010);
		expect(told).toHaveLength(3);
		batches.add(1);
		expect(dropped()).toBe(10_011);
	});

	it("also counts what was lost before it got here", async () => {
		const { batches, told } = sending(takesAll);
		batches.lost("it has no name");
		await batches.close();
		expect(told).toEqual([{ count: 1, why: "it has no name" }]);
	});
});
