import { mostValues } from "./label-bounds.ts";
import { type MetricCatalogue, type MetricDeclaration, metricCatalogue } from "./metric-catalogue.ts";

const eachTheSame = "each, the same";

/** Which role of a process tells it: `each` of itself, or each the same of what all share (take the largest, not the sum). */
const toldBy: Readonly<
	Record<
		keyof MetricCatalogue,
		"watch" | "flow" | "work" | "serve" | "watch, flow" | "flow, work" | "each" | typeof eachTheSame
	>
> = {
	changes: "watch",
	lastChange: "watch",
	usualGap: "watch",
	sourceUp: "watch",
	files: "watch",
	unaccounted: "watch",
	scanSeconds: "watch",
	settledFiles: "watch",
	settledBytes: "watch",
	refused: "watch, flow",
	settleSeconds: "watch",
	hopSeconds: "each",
	credits: "each",
	creditsInUse: "each",
	watermark: "flow",
	intakeSeconds: "flow",
	jobsCreated: "flow",
	jobsLinked: "flow",
	jobs: eachTheSame,
	pipelineJobs: eachTheSame,
	queueDepth: eachTheSame,
	oldestWaiting: eachTheSame,
	sinkWaiting: "flow",
	deadLetters: "each",
	attempts: "flow, work",
	failures: "flow, work",
	fenced: "work",
	runSeconds: "work",
	totalSeconds: "work",
	objective: "flow, work",
	poolUp: "work",
	poolWorkers: "work",
	poolWaiting: "work",
	poolStartSeconds: "work",
	poolRecycled: "work",
	runPeakMemory: "work",
	requestSeconds: "each",
	cacheRequests: "serve",
	liveClients: "serve",
	liveSent: "serve",
	liveLagSeconds: "serve",
	liveLeft: "serve",
	neighbourUp: "each",
	neighbourSeconds: "each",
	neighbourFailures: "each",
	brokerBlocked: "each",
	diskFree: "each",
	diskSize: "each",
	certificateEnd: "each",
	certificateLifetime: "each",
	alerts: "each",
	telemetryDropped: "each",
	roleUp: "each",
	build: "each",
};

const introduction = `# Metrics

Made from observability/metric-catalogue.ts by \`npm run alerts\`: change that.

Every process tells its own at \`/metrics\`: where the API is served, and at \`http.operations\` where it is not. Prometheus is
given OpenMetrics, with a trace for an example in the buckets of a histogram; who accepts something else is given the older
format. Beside these there is what Node tells of every process: \`process_…\` and \`nodejs_…\`, with the delay of its event loop
and its collections of garbage.

What each process tells of what all share (*${eachTheSame}*) is to be read by its largest value, not by its sum. What is costly
to count is counted no more often than every twentyfold of what it took.

A label has a bounded number of values, whatever a configuration or an error brings; all beyond share the value \`other\`:
${Object.entries(mostValues)
	.map(([label, most]) => `\`${label}\` ${most}`)
	.join(", ")}.

| name | kind | unit | labels | told by | what it says |
|---|---|---|---|---|---|
`;

/** The page of all metrics, in Markdown. */
export function metricsPage(): string {
	const rows = Object.entries(metricCatalogue) as [keyof MetricCatalogue, MetricDeclaration][];
	return introduction + rows.map(([key, declared]) => row(declared, toldBy[key])).join("");
}

function row({ name, kind, unit, labels, help }: MetricDeclaration, by: string): string {
	const labelled = labels.map((label) => `\`${label}\``).join(", ");
	return `| \`${name}\` | ${kind} | ${unit ?? ""} | ${labelled} | ${by} | ${help.replaceAll("|", "\\|")} |\n`;
}
