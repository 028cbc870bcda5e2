import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import autocannon from "autocannon";
import { type Bench, compare, median } from "../harness.ts";

const connections = 100;

/** One result, asked for again and again over 100 connections, beside bare Fastify that gives the same bytes. */
export const bench: Bench = {
	id: "P8",
	title: "GET of one result, cached, at 100 connections",
	async run({ quick, say }) {
		const ours = program("api-program.ts");
		const bare = program("bare-program.ts");
		try {
			const [address] = (await once(ours, "message")) as [string];
			const text = await (await fetch(address)).text();
			bare.send(text);
			const [bareAddress] = (await once(bare, "message")) as [string];
			say(`${text.length} bytes`);
			const p99: number[] = [];
			const rates = await compare(
				{
					ours: async () => {
						const { rate, p99Ms } = await load(address, text, quick);
						p99.push(p99Ms);
						return rate;
					},
					bare: async () => (await load(bareAddress, text, quick)).rate,
				},
				{ warmUps: 1, rounds: quick ? 3 : 7 },
			);
			return [
				{
					what: "requests a second",
					value: rates.ours,
					unit: "requests/s",
					better: "higher",
					peer: { name: "bare Fastify, the same bytes", value: rates.bare },
					goal: { value: 10_000, ratio: 0.6 },
				},
				{ what: "p99 of a request", value: median(p99.slice(1)), unit: "ms", better: "lower", goal: { value: 10 } },
			];
		} finally {
			for (const child of [ours, bare]) child.disconnect();
		}
	},
};

function program(name: string): ChildProcess {
	return fork(new URL(`cached-result/${name}`, import.meta.url), { execArgv: ["--conditions=source"] });
}

async function load(url: string, text: string, quick: boolean) {
	const result = await autocannon({ url, connections, duration: quick ? 3 : 10, expectBody: text });
	const { errors, mismatches, non2xx } = result;
	if (errors + mismatches + non2xx > 0)
		throw new Error(`${errors} errors, ${mismatches} other bodies, ${non2xx} refused`);
	return { rate: result.requests.average, p99Ms: result.latency.p99 };
}
