import { setImmediate as othersTurn } from "node:timers/promises";
import type { Metrics } from "./metrics.ts";

type Labels = Readonly<Record<string, string | number>>;

/** As prom-client keeps it. */
interface Told {
	readonly name: string;
	readonly help: string;
	readonly type: unknown;
	readonly values: readonly Value[];
}

interface Value {
	readonly value: number;
	readonly labels?: Labels;
	/** Of a histogram: what its buckets have in common. */
	readonly sharedLabels?: Labels;
	readonly metricName?: string;
	readonly exemplar?: { readonly labelSet: Labels; readonly value: number; readonly timestamp: number } | null;
}

/** Others wait no longer than this for their turn, however many series there are. */
const longestTurnMs = 5;

/**
 * All that a registry holds, as text. In OpenMetrics a counter is called by its name without `_total`, its samples by the
 * name with it; the format before knows no exemplars and no end.
 */
export async function metricsText({ registry }: Metrics, openMetrics: boolean): Promise<string> {
	const lines: string[] = [];
	let turnBegan = performance.now();
	for (const metric of registry.getMetricsAsArray()) {
		const { name, help, type, values } = await told(metric);
		const sample = type === "counter" ? `${name}_total` : name;
		const family = openMetrics ? name : sample;
		lines.push(`# HELP ${family} ${help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}`, `# TYPE ${family} ${type}`);
		for (const value of values) {
			lines.push(lineOf(value, sample, openMetrics));
			if (performance.now() - turnBegan < longestTurnMs) continue;
			await othersTurn();
			turnBegan = performance.now();
		}
	}
	lines.push(openMetrics ? "# EOF\n" : "");
	return lines.join("\n");
}

async function told(metric: object): Promise<Told> {
	const { getForPromString, get } = metric as { getForPromString?: () => Promise<Told>; get: () => Promise<Told> };
	return await (getForPromString ?? get).call(metric);
}

function lineOf(value: Value, sample: string, openMetrics: boolean): string {
	const { labels, sharedLabels, metricName = sample, exemplar } = value;
	const [own, shared] = [pairs(labels), pairs(sharedLabels)];
	const all = own === "" || shared === "" ? own + shared : `${own},${shared}`;
	const line = `${metricName}${all === "" ? "" : `{${all}}`} ${number(value.value)}`;
	if (!openMetrics || !exemplar) return line;
	return `${line} # {${pairs(exemplar.labelSet)}} ${number(exemplar.value)} ${exemplar.timestamp}`;
}

/** Labels of a series are the same object from scrape to scrape. */
const written = new WeakMap<Labels, string>();

function pairs(labels: Labels | undefined): string {
	if (labels === undefined) return "";
	const known = written.get(labels);
	if (known !== undefined) return known;
	const text = Object.entries(labels)
		.map(([label, value]) => `${label}="${escaped(String(value))}"`)
		.join(",");
	written.set(labels, text);
	return text;
}

function escaped(value: string): string {
	return /[\\\n"]/.test(value)
		? value.replace(/[\\\n"]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`))
		: value;
}

function number(value: number): string {
	if (value === Number.POSITIVE_INFINITY) return "+Inf";
	if (value === Number.NEGATIVE_INFINITY) return "-Inf";
	return String(value);
}
