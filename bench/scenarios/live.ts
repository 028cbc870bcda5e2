import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { type Bench, type BenchContext, quantile } from "../harness.ts";

/** One acquisition is four: itself, and its job created, validated and queued. */
const eventsOfOne = 4;
const connectingAtOnce = 100;

/** Clients of Server-Sent Events, all of which are told everything: from when it was written to when the client has it. */
export const bench: Bench = {
	id: "P8-LIVE",
	title: "Server-Sent Events to many clients",
	async run(context) {
		const few = await follow(1_000, context.quick ? 20 : 100, context);
		const many = await follow(10_000, 3, context);
		return [
			{
				what: "event to client at 1,000 clients, p99",
				value: quantile(few.delaysMs, 0.99),
				unit: "ms",
				better: "lower",
				goal: { value: 100 },
			},
			{
				what: "event to client at 1,000 clients, median",
				value: quantile(few.delaysMs, 0.5),
				unit: "ms",
				better: "lower",
			},
			{
				what: "event to client at 10,000 clients, p99",
				value: quantile(many.delaysMs, 0.99),
				unit: "ms",
				better: "lower",
			},
			{ what: "memory a client at 10,000 clients", value: many.bytesOfOne / 1_000, unit: "kB", better: "lower" },
		];
	},
};

async function follow(clients: number, acquisitions: number, { say }: BenchContext) {
	const api = fork(new URL("live/api-program.ts", import.meta.url), {
		execArgv: ["--conditions=source", "--expose-gc"],
	});
	try {
		const [address] = (await once(api, "message")) as [string];
		const before = await memoryOf(api);
		const delaysMs: number[] = [];
		const streams = await connected(address, clients, (at) => delaysMs.push(Date.now() - at));
		const bytesOfOne = ((await memoryOf(api)) - before) / clients;
		say(`${streams.length} clients follow, ${(bytesOfOne / 1_000).toFixed(1)} kB each`);
		for (let n = 1; n <= acquisitions; n++) {
			api.send("happen");
			await pause(200);
			await until(() => delaysMs.length >= n * eventsOfOne * clients);
		}
		if (delaysMs.length !== acquisitions * eventsOfOne * clients) throw new Error("something was told twice");
		for (const stream of streams) stream.destroy();
		return { delaysMs, bytesOfOne };
	} finally {
		api.disconnect();
		await once(api, "exit");
	}
}

async function connected(address: string, clients: number, told: (at: number) => void) {
	const streams: IncomingMessage[] = [];
	const one = async () => {
		const asked = get(address, { headers: { accept: "text/event-stream" }, agent: false });
		const [stream] = (await once(asked, "response")) as [IncomingMessage];
		if (stream.statusCode !== 200) throw new Error(`refused: ${stream.statusCode}`);
		stream.on("error", () => {});
		hear(stream, told);
		streams.push(stream);
	};
	while (streams.length < clients) {
		await Promise.all(Array.from({ length: Math.min(connectingAtOnce, clients - streams.length) }, one));
	}
	return streams;
}

/** Every event of a job or an acquisition begins with when it happened. */
function hear(stream: IncomingMessage, told: (at: number) => void): void {
	let rest = "";
	stream.setEncoding("latin1").on("data", (text: string) => {
		const blocks = (rest + text).split("\n\n");
		rest = blocks.pop() ?? "";
		for (const block of blocks) {
			const [, at] = /^data: \{"at":"([^"]+)"/m.exec(block) ?? [];
			if (at !== undefined) told(Date.parse(at));
		}
	});
}

async function memoryOf(api: ChildProcess): Promise<number> {
	api.send("memory");
	const [bytes] = (await once(api, "message")) as [number];
	return bytes;
}

async function until(condition: () => boolean): Promise<void> {
	const since = performance.now();
	while (!condition()) {
		if (performance.now() - since > 60_000) throw new Error("not everybody was told within a minute");
		await pause(5);
	}
}
