import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { eventually } from "./product.ts";
import { type Prometheus, startPrometheus } from "./servers/prometheus.ts";

/** By how much: an hour is ten seconds. */
const times = 360;
/** Some times within the shortest range. */
const scrapeEvery = "200ms";

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Ranges, offsets, and lengths of time that are numbers: of what is foretold, and of the window that a rate is multiplied by. */
const ranges = /(?<=\[|offset )\d+[smhd]\b/g;
const lengths = /(?<=predict_linear\(.*, )\d+(?=\))|(?<=\]\)\) \* )\d+/g;
/** Any other would be left at its own pace. */
const unknown = /(?<![\w:])\d+[smhd]\b/;

/** A published rule at another pace: each of its durations is so many times shorter, and nothing else is different. */
function paced(text: string): string {
	const rest = text.replaceAll(ranges, "");
	if (unknown.test(rest)) throw new Error(`there is a duration in it that is not known: ${text}`);
	return text
		.replaceAll(ranges, (duration) => shortened(duration))
		.replaceAll(lengths, (length) => String(Number(length) / times));
}

function shortened(duration: string): string {
	const [, amount, unit = ""] = /^(\d+)([smhd])$/.exec(duration) ?? [];
	return `${Math.round((Number(amount) * (seconds[unit] as number) * 1_000) / times)}ms`;
}

interface Rule {
	readonly expr: string;
	readonly for?: string;
}

interface Rules {
	readonly groups: readonly { readonly interval?: string; readonly rules: readonly Rule[] }[];
}

/** A Prometheus over what `up --observe` wrote: by the same configuration, with the same rules, in a hurry. */
export async function startPacedPrometheus(observed: string): Promise<Prometheus> {
	const at = (name: string) => join(observed, "prometheus", name);
	const read = (name: string): unknown => parse(readFileSync(at(name), "utf8"));
	const { groups } = read("rules.yml") as Rules;
	const fast = groups.map(({ interval, rules, ...group }) => ({
		...group,
		...(interval !== undefined && { interval: shortened(interval) }),
		rules: rules.map((rule) => ({
			...rule,
			expr: paced(rule.expr),
			...(rule.for !== undefined && { for: shortened(rule.for) }),
		})),
	}));
	writeFileSync(at("paced-rules.yml"), stringify({ groups: fast }, { aliasDuplicateObjects: false }));
	const config = {
		...(read("prometheus.yml") as object),
		global: { scrape_interval: scrapeEvery, evaluation_interval: scrapeEvery },
		rule_files: ["paced-rules.yml"],
	};
	writeFileSync(at("paced.yml"), stringify(config));
	const prometheus = await startPrometheus(at("paced.yml"));
	await eventually(
		async () => ((await prometheus.query("up == 1")).length > 0 ? true : undefined),
		() => "Prometheus has found whom to ask",
	);
	return prometheus;
}
