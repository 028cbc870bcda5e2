import { didYouMean } from "../did-you-mean.ts";
import type { Parts } from "../parts.ts";
import type { Finding } from "../translate-issues.ts";

/** Every name that is used is there, and pipelines are fed by sources. */
export function checkNames(parts: Parts): Finding[] {
	return [...parts.pipelines.keys()].flatMap((name) => [...feedFindings(parts, name), ...poolFindings(parts, name)]);
}

function feedFindings({ pipelines, sources }: Parts, pipeline: string): Finding[] {
	const from = pipelines.get(pipeline)?.from;
	if (from === undefined || sources.has(from)) return [];
	const finding = { path: ["pipelines", pipeline, "from"], part: "value" } as const;
	const names = [...sources.keys()];
	if (!pipelines.has(from)) {
		return [{ ...finding, message: `there is no source "${from}"`, fix: suggestion(from, names, "sources") }];
	}
	const feeds = new Map([...pipelines].flatMap(([name, { from }]) => (from === undefined ? [] : [[name, from]])));
	const circle = circleThrough(pipeline, feeds);
	const message = circle
		? `the pipelines feed one another in a circle: ${circle.join(" from ")}`
		: `"${from}" is a pipeline, and a pipeline is fed by a source only`;
	const origin = originOf(from, feeds, names);
	const known = origin === undefined ? `one of: ${names.join(", ") || "(none is declared yet)"}` : `from: ${origin}`;
	return [{ ...finding, message, fix: `Name a source instead, ${known}` }];
}

/** The way back to the pipeline along what feeds it, if there is one: a, b, a. */
function circleThrough(pipeline: string, feeds: ReadonlyMap<string, string>): string[] | undefined {
	const way = [pipeline];
	for (let next = feeds.get(pipeline); next !== undefined; next = feeds.get(next)) {
		if (next === pipeline) return [...way, pipeline];
		if (way.includes(next)) return undefined;
		way.push(next);
	}
	return undefined;
}

/** The source at the beginning of a chain of pipelines: what was probably meant. */
function originOf(
	pipeline: string,
	feeds: ReadonlyMap<string, string>,
	sources: readonly string[],
): string | undefined {
	let at: string | undefined = pipeline;
	for (let steps = 0; at !== undefined && steps <= feeds.size; steps++) {
		if (sources.includes(at)) return at;
		at = feeds.get(at);
	}
	return undefined;
}

function poolFindings({ pipelines, pools }: Parts, pipeline: string): Finding[] {
	const pool = pipelines.get(pipeline)?.pool;
	if (pool === undefined || pools.has(pool)) return [];
	const fix = suggestion(pool, [...pools.keys()], "pools");
	return [{ path: ["pipelines", pipeline, "pool"], part: "value", message: `there is no pool "${pool}"`, fix }];
}

export function suggestion(word: string, names: readonly string[], section: string): string {
	const meant = didYouMean(word, names);
	if (meant !== undefined) return `Did you mean "${meant}"?`;
	return names.length === 0
		? `Declare it under ${section}.`
		: `Known here: ${names.join(", ")}; or declare it under ${section}.`;
}
