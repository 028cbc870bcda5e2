export interface Sample {
	readonly name: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

const help = /^# HELP ([a-zA-Z_:][\w:]*) (.*)$/;
const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/;
const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/**
 * The Prometheus text format 0.0.4, read strictly: every sample has a HELP and a TYPE before it, no series comes twice,
 * the buckets of a histogram only grow, and the last line is ended.
 */
export function parsePrometheusText(text: string): Sample[] {
	if (!text.endsWith("\n")) throw new Error("the last line is not ended");
	const types = new Map<string, string>();
	const helped = new Set<string>();
	const series = new Set<string>();
	const samples: Sample[] = [];
	for (const line of text.split("\n").filter((each) => each !== "")) {
		const [, helpOf] = help.exec(line) ?? [];
		const [, typeOf, kind] = type.exec(line) ?? [];
		if (helpOf !== undefined) helped.add(helpOf);
		else if (typeOf !== undefined) types.set(typeOf, kind as string);
		else samples.push(sampleOf(line, types, helped, series));
	}
	checkBuckets(samples);
	return samples;
}

function sampleOf(line: string, types: Map<string, string>, helped: Set<string>, series: Set<string>): Sample {
	const [, name, labelText = "", value] = sample.exec(line) ?? [];
	if (name === undefined || value === undefined) throw new Error(`not a line of the format: ${line}`);
	const family = [name, name.replace(/_(bucket|sum|count)$/, "")].find((each) => types.has(each));
	if (family === undefined || !helped.has(family)) throw new Error(`without TYPE or HELP: ${line}`);
	if (series.has(`${name}{${labelText}}`)) throw new Error(`twice: ${line}`);
	series.add(`${name}{${labelText}}`);
	return { name, labels: labelsOf(labelText, line), value: numberOf(value, line) };
}

function labelsOf(text: string, line: string): Record<string, string> {
	const labels: Record<string, string> = {};
	label.lastIndex = 0;
	while (label.lastIndex < text.length) {
		const match = label.exec(text);
		if (match === null) throw new Error(`labels cannot be read: ${line}`);
		labels[match[1] as string] = (match[2] as string).replace(/\\(.)/g, (_, sign) => (sign === "n" ? "\n" : sign));
	}
	return labels;
}

function numberOf(text: string, line: string): number {
	if (text === "+Inf") return Number.POSITIVE_INFINITY;
	if (text === "-Inf") return Number.NEGATIVE_INFINITY;
	const value = Number(text);
	if (Number.isNaN(value) && text !== "NaN") throw new Error(`not a number: ${line}`);
	return value;
}

function checkBuckets(samples: readonly Sample[]): void {
	const buckets = samples.filter(({ name }) => name.endsWith("_bucket"));
	for (const all of Map.groupBy(buckets, ({ name, labels: { le, ...rest } }) => name + JSON.stringify(rest)).values()) {
		const counts = all.toSorted((a, b) => numberOf(a.labels.le ?? "", "le") - numberOf(b.labels.le ?? "", "le"));
		if (counts.some(({ value }, i) => value < (counts[i - 1]?.value ?? 0)))
			throw new Error(`buckets shrink: ${all[0]?.name}`);
		if (counts.at(-1)?.labels.le !== "+Inf") throw new Error(`no bucket +Inf: ${all[0]?.name}`);
	}
}
