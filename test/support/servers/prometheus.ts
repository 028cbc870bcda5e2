import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually } from "#test/support/product.ts";
import { requireService } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { freePort } from "./free-port.ts";
import { killed } from "./killed.ts";

/** One series of an answer: a value at each time. */
export interface Answered {
	readonly metric: Readonly<Record<string, string>>;
	readonly values: readonly number[];
}

export interface Exemplar {
	readonly labels: Readonly<Record<string, string>>;
	readonly series: Readonly<Record<string, string>>;
}

export interface Prometheus {
	readonly url: string;
	/** Its answer as of now. */
	query(expression: string): Promise<readonly Answered[]>;
	/** Over the last seconds, in steps of one. */
	over(expression: string, seconds: number): Promise<readonly Answered[]>;
	/** What examples of a series are told of, of the last ten minutes: their own labels, and those of their series. */
	exemplars(expression: string): Promise<readonly Exemplar[]>;
	/** Values of a label, as Grafana asks for `label_values`. */
	labelValues(selector: string, label: string): Promise<readonly string[]>;
	stop(): Promise<void>;
}

interface Result {
	readonly metric: Readonly<Record<string, string>>;
	readonly value?: readonly [number, string];
	readonly values?: readonly (readonly [number, string])[];
}

interface ExemplarsOf {
	readonly seriesLabels: Exemplar["series"];
	readonly exemplars: readonly Pick<Exemplar, "labels">[];
}

/** A Prometheus of its own with this configuration, a file or what would stand in one, and in its rules.yml. */
export async function startPrometheus(config: string | object, rules: object = {}): Promise<Prometheus> {
	const { path, remove } = temporaryDirectory();
	const file = typeof config === "string" ? config : join(path, "prometheus.yml");
	// JSON is YAML.
	if (typeof config !== "string") writeFileSync(file, JSON.stringify(config));
	if (typeof config !== "string") writeFileSync(join(path, "rules.yml"), JSON.stringify(rules));
	const url = `http://127.0.0.1:${await freePort()}`;
	const server = spawn(
		requireService("prometheus"),
		[
			`--config.file=${file}`,
			`--storage.tsdb.path=${join(path, "data")}`,
			`--web.listen-address=${new URL(url).host}`,
			"--enable-feature=exemplar-storage",
			"--log.level=error",
		],
		{ cwd: dirname(file), stdio: ["ignore", "ignore", "pipe"] },
	);
	let said = "";
	server.stderr.setEncoding("utf8").on("data", (text: string) => {
		said += text;
	});
	const endWithUs = () => server.kill("SIGKILL");
	process.once("exit", endWithUs);
	const stop = async () => {
		process.off("exit", endWithUs);
		await killed(server);
		remove();
	};
	await eventually(
		async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined),
		() => `Prometheus is ready: ${said}`,
	);
	const ask = async <T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> => {
		const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
		const answer = (await response.json()) as { status: string; error?: string; data: T };
		if (answer.status !== "success") throw new Error(`${answer.error}: ${JSON.stringify(parameters)}`);
		return answer.data;
	};
	return {
		url,
		stop,
		query: async (query) => answered((await ask<{ result: Result[] }>("query", { query })).result),
		over: async (query, seconds) => {
			const now = Date.now() / 1000;
			const range = { start: String(now - seconds), end: String(now), step: "1" };
			return answered((await ask<{ result: Result[] }>("query_range", { query, ...range })).result);
		},
		exemplars: async (query) => {
			const now = Date.now() / 1000;
			const told = await ask<ExemplarsOf[]>("query_exemplars", { query, start: String(now - 600), end: String(now) });
			return told.flatMap(({ seriesLabels: series, exemplars }) => exemplars.map(({ labels }) => ({ labels, series })));
		},
		labelValues: (selector, label) => ask<string[]>(`label/${label}/values`, { "match[]": selector }),
	};
}

function answered(results: readonly Result[]): Answered[] {
	return results.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
		metric,
		values: values.map(([, text]) => numberOf(text)),
	}));
}

function numberOf(text: string): number {
	if (text === "+Inf") return Number.POSITIVE_INFINITY;
	return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}
