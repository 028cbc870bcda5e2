import { hostname } from "node:os";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { prometheusConfig } from "#observability/prometheus/prometheus-config.ts";
import { conventions } from "#test/support/conventions.ts";
import type { ListedResult } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { attributeOf, disorderIn, orphansIn, overhangIn, treeOfTrace } from "#test/support/received-traces.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#test/support/servers/otlp-receiver.ts";
import { type Exemplar, startPrometheus } from "#test/support/servers/prometheus.ts";
import { createServiceLab, type Services, startServices } from "#test/support/service-lab.ts";
import { describeWith } from "#test/support/services.ts";

/** Keeps the span that it runs in; what is poison fails, and what is busy does in its first attempt. */
const script = `args <- commandArgs(trailingOnly = TRUE)
out <- args[length(args)]
files <- args[-length(args)]
writeLines(Sys.getenv("TRACEPARENT"), file.path(out, "trace.txt"))
if (any(grepl("poison", files))) stop("no wells")
if (any(grepl("busy", files)) && endsWith(Sys.getenv("WATCHRABBIT_RUN"), "-1")) {
  stop(structure(class = c("watchrabbit_transient", "error", "condition"), list(message = "busy", call = NULL)))
}
wr_measure("bytes", sum(file.size(files)))
`;

const inR = ["run", "  r prepare", "  r evaluate", "  r outputs"];
const attempt = (last: readonly string[], mark = "") => [
	`attempt${mark}`,
	...["fetch", "r start", `run${mark}`, ...inR.slice(1), ...last].map((name) => `  ${name}`),
];
const wholeAttempt = attempt(["upload", "manifest", "commit"]);
const failedAttempt = attempt([], " !");
const claimed = ["queue wait", "claim"];
const indented = (depth: number, names: readonly string[]) => names.map((name) => "  ".repeat(depth) + name);
/** Of one file, with what is done with its job. */
const wholeTrace = (stages: readonly string[], job: readonly string[]) => [
	"acquire",
	...indented(1, ["settle", "hash", "archive", "publish"]),
	...indented(2, ["log wait", ...stages, "intake"]),
	...indented(3, job),
];

/** A span's kind, in numbers of OTLP: a server's. */
const asked = 2;
const roles = ["watch", "flow", "work", "serve"] as const;
/** Who tells of what; all that is not here is told by who works. */
const toldBy: Readonly<Record<string, (typeof roles)[number]>> = {
	...{ acquire: "watch", settle: "watch", hash: "watch", archive: "watch", publish: "watch" },
	...{ "log wait": "flow", "stage dedupe": "flow", "stage batch": "flow", gather: "flow", intake: "flow" },
	"cache fill": "serve",
};
/** What has ended when all below it has: what is below others goes on in another process. */
const wholes = ["acquire", "attempt", "run"];

describeWith(
	["r", "rabbitmq", "postgres", "s3", "redis", "otlp", "prometheus"],
	"traces over four processes and R",
	() => {
		let services: Services;
		let receiver: OtlpReceiver;
		let lab: Product;
		let running: Running[];
		beforeAll(async () => {
			[services, receiver] = await Promise.all([startServices(), startOtlpReceiver()]);
		});
		afterEach(() => lab.remove());
		afterAll(() => Promise.all([services.stop(), receiver.stop()]));

		const start = async (role: string): Promise<Running> => {
			const process = lab.start("up", "--roles", role);
			await process.says(/at work/);
			return process;
		};
		const api = async <T>(path: string): Promise<T> =>
			(await (await fetch(`${await running[3]?.address()}/api/v1/${path}`)).json()) as T;
		const traceOf = async (key: string): Promise<string> => {
			const { items } = await api<{ items: { key: string; traceId: string }[] }>("acquisitions?limit=200");
			return items.find((one) => one.key === key)?.traceId ?? "";
		};
		const ended = async (count: number, state: string) =>
			await eventually(
				async () => {
					const { items } = await api<{ items: { id: string; traceId: string }[] }>(`jobs?limit=200&state=${state}`);
					return items.length >= count ? items : undefined;
				},
				() => `${count} jobs are ${state}; work says ${running[2]?.output.slice(-1_500)}`,
				120_000,
			);

		/** What Prometheus has as examples of the hops of each process, having scraped them all. */
		async function scrapedExamples(): Promise<readonly Exemplar[]> {
			const watchrabbit = await Promise.all(running.map(async (one) => new URL(await one.address()).host));
			const config = prometheusConfig({ watchrabbit, alertmanagers: [] });
			const prometheus = await startPrometheus({ ...config, global: { scrape_interval: "1s" } });
			try {
				return await eventually(
					async () => {
						const examples = await prometheus.exemplars("watchrabbit_hop_seconds_bucket");
						return new Set(examples.map(({ series }) => series.instance)).size === roles.length ? examples : undefined;
					},
					() => "Prometheus has examples of each process",
				);
			} finally {
				await prometheus.stop();
			}
		}

		it("one trace an acquisition, whole and in order, also of a retry, a batch of fifty and a poison job; examples of times lead to them", async () => {
			lab = await createServiceLab(services, {
				script,
				source: `    complete: { quiet: 300ms }
    archive: true
  many:
    watch: ./many
    archive: true
    complete: { quiet: 300ms }`,
				pipeline: `    retry: { attempts: 2, backoff: 500ms }
  fifty:
    from: many
    analysis: ./count.R
    stages:
      - batch: { count: 50, time: 10m }`,
				more: `telemetry: { traces: { otlp: "${receiver.url}", mostPerSecond: 1000 } }`,
				files: { "many/.keep": "" },
			});
			running = [];
			for (const role of roles) running.push(await start(role));
			for (const name of ["plate", "busy", "poison"]) await lab.write(`data/${name}.csv`, `${name}\n`);
			for (let n = 0; n < 50; n++) await lab.write(`many/m${n}.csv`, `${n}\n`);
			await ended(3, "completed");
			await ended(1, "dead");
			const traces = {
				plate: await traceOf("plate.csv"),
				busy: await traceOf("busy.csv"),
				poison: await traceOf("poison.csv"),
				member: await traceOf("m7.csv"),
			};
			const { items } = await api<{ items: (ListedResult & { traceId: string })[] }>("results?limit=10");
			const plate = items.find(({ traceId }) => traceId === traces.plate);
			const batch = items.find(({ pipeline }) => pipeline === "fifty");
			await api(`results/${plate?.id}/manifest`);
			const address = await running[3]?.address();
			const told = await (await fetch(`${address}/api/v1/results/${plate?.id}/artifacts/trace.txt`)).text();
			const why = await lab.run("why", "data/plate.csv");
			expect(why.stdout).toContain(`trace ${traces.plate}`);
			const examples = await scrapedExamples();
			for (const one of running.toReversed()) expect((await one.stop()).code).toBe(0);

			const { spans } = receiver;
			const tree = (trace: string) => treeOfTrace(spans, trace);
			const fills = ["cache fill", "cache fill"];
			expect(tree(traces.plate)).toEqual(wholeTrace(["stage dedupe"], [...claimed, ...wholeAttempt, ...fills]));
			expect(tree(traces.busy)).toEqual(
				wholeTrace(["stage dedupe"], [...claimed, ...failedAttempt, ...claimed, ...wholeAttempt]),
			);
			expect(tree(traces.poison)).toEqual(wholeTrace(["stage dedupe"], [...claimed, ...failedAttempt]));
			expect(tree(traces.member)).toEqual(wholeTrace(["stage dedupe", "stage batch"], []));
			expect(tree(batch?.traceId ?? "")).toEqual(["gather", "  intake", ...indented(2, [...claimed, ...wholeAttempt])]);
			expect(orphansIn(spans)).toEqual([]);
			expect(disorderIn(spans, ["stage batch"])).toEqual([]);
			expect(overhangIn(spans, wholes)).toEqual([]);

			const processes = running.map(({ child }, index) => ({
				"service.name": "watchrabbit",
				"service.instance.id": `${hostname()}:${child.pid}`,
				"watchrabbit.roles": [roles[index]],
			}));
			for (const { name, kind, resource } of spans) {
				const role = kind === asked ? "serve" : (toldBy[name] ?? "work");
				expect(resource, name).toMatchObject(processes[roles.indexOf(role)] as object);
			}
			const received = new Set(spans.map(({ traceId }) => traceId));
			expect(examples.filter(({ labels }) => !received.has(labels.trace_id as string))).toEqual([]);
			const known = conventions();
			const attributes = spans.flatMap((span) => [
				...span.attributes.map(({ key }) => key),
				...Object.keys(span.resource),
			]);
			const foreign = new Set(
				attributes.filter((key) => !key.startsWith("watchrabbit.") && known.get(key) !== "present"),
			);
			expect([...foreign]).toEqual([]);

			const gather = spans.find(({ name }) => name === "gather");
			const acquired = spans.filter(({ name, attributes }) => name === "acquire" && attributes.length > 0);
			const many = acquired.filter((span) => attributeOf(span, "watchrabbit.source") === "many");
			expect(new Set(gather?.links.map(({ traceId }) => traceId))).toEqual(new Set(many.map(({ traceId }) => traceId)));
			expect(many).toHaveLength(50);
			const run = spans.find(({ name, traceId }) => name === "run" && traceId === traces.plate);
			expect(told.trim()).toBe(`00-${traces.plate}-${run?.spanId}-01`);
			const failed = spans.find(({ name, traceId }) => name === "attempt" && traceId === traces.poison);
			expect(failed?.status).toMatchObject({ code: 2, message: expect.stringContaining("no wells") });
			const requests = spans.filter(({ kind }) => kind === asked);
			const fill = spans.find(({ name }) => name === "cache fill");
			expect(requests.map(({ spanId }) => spanId)).toContain(fill?.links[0]?.spanId);
		}, 300_000);
	},
);
