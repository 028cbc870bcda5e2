import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Finding } from "../figure.ts";
import { type Bench, type BenchContext, compare, median } from "../harness.ts";
import { createLab, type Lab } from "../product.ts";
import { ourRate } from "./file-to-result/our-rate.ts";

const quietMs = 200;
/** As often as Prometheus asks for at most. */
const scrapeEveryMs = 1_000;

/**
 * The way of P7, in turn with everything on, as it is without any configuration, and with its telemetry cut out of the program. On is: traces
 * and log to a collector, a scrape a second, and a line of the log for all that happens. Collector and scraper share the two cores, as they do
 * on a machine in a lab.
 */
export const bench: Bench = {
	id: "P11",
	title: "What telemetry costs: small files to committed results, with everything on and off",
	async run(context) {
		const { files, rounds } = context.quick ? { files: 400, rounds: 2 } : { files: 2_000, rounds: 5 };
		const collector = await Collector.start();
		const processorMs = { off: [] as number[], without: [] as number[] };
		let round = 0;
		const lab = (telemetry = "") => createLab(join(context.directory, String(round++)), quietMs, telemetry);
		const observed = (limit: string) => {
			const otlp = `otlp: "${collector.url}"`;
			return rateObserved(lab(`telemetry: { traces: { ${otlp}${limit} }, logs: { ${otlp} } }\n`), files, context);
		};
		try {
			const rates = await compare(
				{
					on: () => observed(""),
					unlimited: () => observed(", mostPerSecond: 1000000"),
					off: () => ourRate(lab(), files, context, { took: (ms) => processorMs.off.push(ms) }),
					without: () =>
						ourRate(lab(), files, context, {
							before: new URL("./telemetry/without.ts", import.meta.url),
							took: (ms) => processorMs.without.push(ms),
						}),
				},
				{ warmUps: 0, rounds },
			);
			const { requests, bytes } = await collector.taken();
			if (requests === 0) throw new Error("the collector was sent nothing: the figure would be wrong");
			context.say(`the collector took ${bytes} bytes in ${requests} requests`);
			const off = { name: "the same without any configuration of telemetry", value: rates.off };
			return [
				{
					what: `${files} small files to committed results, traces and log (at debug) to a collector, a scrape a second`,
					value: rates.on,
					unit: "files/s",
					better: "higher",
					peer: off,
					goal: { ratio: 0.95 },
				},
				{
					what: "the same, with a trace of every file however many come in a second",
					value: rates.unlimited,
					unit: "files/s",
					better: "higher",
					peer: off,
					goal: { ratio: 0.95 },
				},
				{
					what: "processor time a file, R left out, without any configuration of telemetry",
					value: median(processorMs.off),
					unit: "ms",
					better: "lower",
					peer: { name: "telemetry cut out of the program", value: median(processorMs.without) },
					goal: { ratio: 0.99 },
				},
			] satisfies readonly Finding[];
		} finally {
			collector.stop();
		}
	},
};

async function rateObserved(lab: Lab, files: number, context: BenchContext) {
	const scraping = new AbortController();
	const atWork = (address: string) => void scrape(address, scraping.signal);
	try {
		return await ourRate(lab, files, context, { environment: { WATCHRABBIT_LOG_LEVEL: "debug" }, atWork });
	} finally {
		scraping.abort();
	}
}

async function scrape(address: string, signal: AbortSignal): Promise<void> {
	const headers = { accept: "application/openmetrics-text;version=1.0.0" };
	while (!signal.aborted) {
		await fetch(`${address}/metrics`, { headers, signal })
			.then((answer) => answer.arrayBuffer())
			.catch(() => {});
		await pause(scrapeEveryMs, undefined, { signal }).catch(() => {});
	}
}

class Collector {
	readonly url: string;
	readonly #stop: () => void;

	private constructor(port: number, stop: () => void) {
		this.url = `http://127.0.0.1:${port}`;
		this.#stop = stop;
	}

	static async start(): Promise<Collector> {
		const program = fileURLToPath(new URL("./telemetry/collector-program.ts", import.meta.url));
		const child = fork(program, { execArgv: ["--conditions=source"] });
		const [port] = (await once(child, "message")) as [number];
		return new Collector(port, () => child.disconnect());
	}

	async taken(): Promise<{ readonly requests: number; readonly bytes: number }> {
		return (await (await fetch(this.url)).json()) as { requests: number; bytes: number };
	}

	stop(): void {
		this.#stop();
	}
}
