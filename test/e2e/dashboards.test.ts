import { chmod, chown, mkdir, readdir, rename } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { defaultObjectives } from "#domain/objectives.ts";
import { placesIn } from "#domain/places.ts";
import { prometheusRules } from "#observability/alerts/rules.ts";
import { dashboards } from "#observability/grafana/dashboards.ts";
import { prometheusConfig } from "#observability/prometheus/prometheus-config.ts";
import { type DashboardQuery, queriesOf, variableQueriesOf } from "#test/support/dashboard-queries.ts";
import { follow } from "#test/support/following.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { type Prometheus, startPrometheus } from "#test/support/servers/prometheus.ts";
import { createServiceLab, type Services, startServices } from "#test/support/service-lab.ts";
import { describeWith } from "#test/support/services.ts";

/** Long enough for two scrapes, short beside the run. */
const rateSeconds = 10;
const roles = ["watch", "flow", "work", "serve"] as const;

const moreSources = `    scanEvery: 2s
    complete: { quiet: 300ms }
  sequencer:
    watch: ./sequencer
    complete: { quiet: 300ms }`;

const morePipelines = `  failing:
    from: sequencer
    analysis: ./fail.R
    retry: { attempts: 2, backoff: 1s }
  patient:
    from: sequencer
    analysis: ./busy.R
    retry: { attempts: 3, backoff: 1h, on: [busy] }
pools:
  default: { workers: 2, recycle: { runs: 3 } }`;

describeWith(["rabbitmq", "postgres", "s3", "redis", "prometheus"], "dashboards of a run", () => {
	let services: Services;
	let lab: Product;
	let prometheus: Prometheus;
	const running: Running[] = [];
	const startedAt = Date.now();

	beforeAll(async () => {
		services = await startServices(true);
		lab = await createServiceLab(services, {
			source: moreSources,
			pipeline: morePipelines,
			files: {
				"fail.R": "stop('the instrument is not calibrated')\n",
				"busy.R": "stop(structure(class = c('busy', 'error', 'condition'), list(message = 'later', call = NULL)))\n",
				"sequencer/.keep": "",
			},
		});
		await rememberHours(lab);
		await asNobody(lab);
		for (const role of roles) running.push(lab.start("up", "--roles", role));
		const addresses = await Promise.all(running.map((one) => one.address()));
		prometheus = await startPrometheus(
			scraping(addresses, services.rabbitMq.metrics as string),
			prometheusRules(defaultObjectives),
		);
		await Promise.all(running.map((one) => one.says(/at work/)));
		await play(lab, addresses[roles.indexOf("serve")] as string);
	}, 180_000);
	afterAll(async () => {
		await prometheus?.stop();
		await lab?.remove();
		await services?.stop();
	});

	/** Values of the variables, found as Grafana finds them, where all are chosen. */
	async function chosen(dashboard: Dashboard, empty: string[]): Promise<ReadonlyMap<string, string>> {
		const values = new Map<string, string>();
		for (const { variable, selector, label } of variableQueriesOf(dashboard)) {
			const found = await prometheus.labelValues(filled(selector, values), label);
			if (found.length === 0) empty.push(`${dashboard.title}: variable ${variable}: ${selector}`);
			values.set(variable, `(${found.map(escaped).join("|")})`);
		}
		return values;
	}

	it("have data for every query of every panel and variable, and none that is no number", async () => {
		const seconds = Math.ceil((Date.now() - startedAt) / 1000);
		const empty: string[] = [];
		for (const dashboard of dashboards()) {
			const variables = await chosen(dashboard, empty);
			for (const { where, expression, instant } of queriesOf(dashboard)) {
				const query = filled(expression, variables, seconds);
				const answer = instant ? await prometheus.query(query) : await prometheus.over(query, seconds);
				const values = answer.flatMap(({ values }) => values);
				const isTold = instant ? values.length > 0 && values.every(Number.isFinite) : values.some(Number.isFinite);
				if (!isTold) empty.push(`${where}: ${query}: ${values.slice(0, 5).join(", ")}`);
			}
		}
		expect(empty).toEqual([]);
	});

	it("count each file and each job once, however many processes tell of it", async () => {
		const panel = (title: string) =>
			dashboards()
				.flatMap(queriesOf)
				.find(({ where }) => where.includes(title)) as DashboardQuery;
		const shown = async (title: string, labels: Readonly<Record<string, string>>) => {
			const query = filled(panel(title).expression, new Map(), 60).replaceAll(/\w+=~"no [^"]*",? ?/g, "");
			const rows = await prometheus.query(query);
			return rows.find(({ metric }) => Object.entries(labels).every(([name, value]) => metric[name] === value))?.values;
		};
		expect(await shown("Files, by source and state", { source: "instrument", state: "analysed" })).toEqual([25]);
		expect(await shown("Files, by source and state", { source: "instrument", state: "quarantined" })).toEqual([5]);
		expect(await shown("Jobs, by state", { state: "completed" })).toEqual([25]);
		expect(await shown("Dead jobs", {})).toEqual([5]);
	});
});

/** A ledger that has watched for hours knows how the instruments usually pause. */
async function rememberHours(lab: Product): Promise<void> {
	await mkdir(lab.path("state"));
	const ledger = new SqliteLedger(placesIn(lab.path("state")).ledger);
	const stat = { size: 1, mtimeNs: 0n, ctimeNs: 0n, inode: 1n };
	for (const source of ["instrument", "sequencer"]) {
		for (let before = 30; before > 0; before--) {
			const at = Date.now() - before * 300_000;
			ledger.observe(source, [{ kind: "changed", path: "earlier", stat, folder: undefined, at, wakeAt: at }]);
		}
	}
	ledger.close();
}

/** Permissions bind nobody who is root. */
async function asNobody(lab: Product): Promise<void> {
	if (process.getuid?.() !== 0) return;
	const nobody = 65_534;
	const names = await readdir(lab.directory, { recursive: true });
	for (const name of ["", ...names]) await chown(lab.path(name), nobody, nobody);
	lab.runAs(nobody);
}

/** All of it within a second or so of happening. */
function scraping(addresses: readonly string[], rabbitmq: string): object {
	const config = prometheusConfig({
		watchrabbit: addresses.map((address) => new URL(address).host),
		rabbitmq: [rabbitmq],
		alertmanagers: [],
	});
	return {
		...config,
		global: { scrape_interval: "1s", evaluation_interval: "1s" },
	};
}

/** An hour of a lab in half a minute: a rhythm of files, one that fails for good, some that nobody may read, and people who look. */
async function play(lab: Product, api: string): Promise<void> {
	await follow(api);
	const leave = await follow(api);
	for (let n = 0; n < 25; n++) {
		if (n === 20) leave();
		await lab.write(`data/plate-${n}.csv`, `${n};2;3\n`);
		if (n % 5 === 0) await lab.write(`sequencer/run-${n}.txt`, `${n}\n`);
		if (n % 5 === 0) await writeUnreadable(lab, `data/secret-${n}.csv`);
		await look(api);
		await fetch(`${api}/api/v1/jobs/nobody`);
		await pause(1_000);
	}
	await eventually(
		async () => {
			const answer = await fetch(`${api}/api/v1/jobs?state=dead`);
			const { items } = (await answer.json()) as { items: object[] };
			return items.length > 0 ? true : undefined;
		},
		() => "a job is dead",
	);
	await pause(3_000);
}

async function look(api: string): Promise<void> {
	const { items } = (await (await fetch(`${api}/api/v1/results`)).json()) as { items: { id: string }[] };
	for (const { id } of items) await fetch(`${api}/api/v1/results/${id}/manifest`);
}

async function writeUnreadable(lab: Product, name: string): Promise<void> {
	await lab.write("aside", name);
	await chmod(lab.path("aside"), 0o000);
	await rename(lab.path("aside"), lab.path(name));
}

function escaped(value: string): string {
	return value.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\\\$&");
}

/** As Grafana fills it in. */
function filled(expression: string, variables: ReadonlyMap<string, string>, rangeSeconds = 60): string {
	const builtIn: Readonly<Record<string, string>> = {
		__rate_interval: `${rateSeconds}s`,
		__interval: "1s",
		__range: `${rangeSeconds}s`,
	};
	return expression.replaceAll(/\$(\w+)/g, (_, name: string) => builtIn[name] ?? variables.get(name) ?? `no ${name}`);
}
