import { setTimeout as pause } from "node:timers/promises";
import { eventually, type Running } from "./product.ts";
import type { Prometheus } from "./servers/prometheus.ts";

type Labels = Readonly<Record<string, string>>;

/** Of every alert, or of where it was evaluated: they tell no two apart. */
const ofAll = ["__name__", "alertname", "alertstate", "instance", "job", "product", "severity"];

/** What fires, as somebody tells it: "SourceDown critical share". */
export class FiringAlerts {
	readonly #ask: () => Promise<readonly Labels[]>;
	readonly #patienceMs: number;
	/** Who is asked. */
	readonly #up: Running | undefined;

	private constructor(ask: () => Promise<readonly Labels[]>, patienceMs: number, up?: Running) {
		this.#ask = ask;
		this.#patienceMs = patienceMs;
		this.#up = up;
	}

	/** As the process evaluates it by itself. */
	static async inside(up: Running, patienceMs: number): Promise<FiringAlerts> {
		const address = await up.address();
		const ask = async () => {
			const answer = await fetch(`${address}/api/v1/alerts?state=firing`);
			const { items } = (await answer.json()) as { items: { labels: Labels }[] };
			return items.map(({ labels }) => labels);
		};
		return new FiringAlerts(ask, patienceMs, up);
	}

	static by({ query }: Prometheus, patienceMs: number): FiringAlerts {
		return new FiringAlerts(
			async () => (await query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric),
			patienceMs,
		);
	}

	async all(): Promise<readonly string[]> {
		return (await this.#ask()).map((labels) => {
			const own = Object.keys(labels).filter((name) => !ofAll.includes(name));
			const name = labels.alertname?.replace(/^WatchRabbit/, "");
			return [name, labels.severity, ...own.sort().map((label) => labels[label])].join(" ");
		});
	}

	/** Each of them, if not all at once. */
	async fires(...alerts: readonly string[]): Promise<void> {
		const seen = new Set<string>();
		await this.#until(
			() => `${alerts.filter((alert) => !seen.has(alert)).join(", ")} fires`,
			(all) => {
				for (const alert of all) seen.add(alert);
				return alerts.every((alert) => seen.has(alert));
			},
		);
	}

	async areOver(...alerts: readonly string[]): Promise<void> {
		await this.#until(
			() => `${alerts.join(", ")} is over`,
			(all) => !alerts.some((alert) => all.includes(alert)),
		);
	}

	async #until(hope: () => string, hoped: (all: readonly string[]) => boolean): Promise<void> {
		let last: readonly string[] = [];
		const ended = this.#up?.ended.then(({ code, signal, stderr }) => {
			throw new Error(`up ended with ${code ?? signal}:\n${stderr.slice(-5_000)}`);
		});
		const happened = eventually(
			async () => {
				last = await this.all();
				return hoped(last) ? true : undefined;
			},
			() => `${hope()}; there are: ${last.join(", ")}`,
			this.#patienceMs,
		);
		await Promise.race([happened, ...(ended === undefined ? [] : [ended])]);
	}
}

/** What goes on until then, again and again. */
export async function meanwhile(
	then: Promise<void>,
	everyMs: number,
	doing: (count: number) => Promise<unknown>,
): Promise<void> {
	let isOver = false;
	const over = then.finally(() => {
		isOver = true;
	});
	for (let count = 1; !isOver; count++) await Promise.all([doing(count), pause(everyMs)]);
	await over;
}
