import type { DependencyReport, HealthReport } from "#observability/health-report.ts";
import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
} from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { type Answer, askProcesses } from "../processes.ts";
import { coloured } from "../state-colour.ts";
import { table } from "../table.ts";
import { oneLine, type Terminal } from "../terminal.ts";
import { localTime, span } from "../words.ts";

export const registerHealth: Register = (program, context) => {
	const command = program
		.command("health")
		.description("how the processes of this machine are, and what they work with: 0 when all is well, else 1")
		.action(context.action((options: ConfigOption & JsonOption) => run(context, options)));
	takesJson(takesConfig(command), "one JSON object a process");
	example(command, "health", "health --json");
};

async function run(context: CommandContext, options: ConfigOption & JsonOption): Promise<ExitCode> {
	const { terminal } = context;
	const headers = { accept: "application/json" };
	const { answers, byAll } = await askProcesses<HealthReport>(context, options, "/health", { headers });
	for (const answer of answers) {
		await terminal.print(options.json ? `${JSON.stringify(answer)}\n` : shown(answer, terminal));
	}
	return answers.every(({ ok }) => ok) && byAll ? exitCodes.done : exitCodes.failed;
}

function shown(
	{ pid, ok, live, draining, at, dependencies, alerts }: Answer<HealthReport>,
	terminal: Terminal,
): string {
	const { colours } = terminal;
	const verdict = draining ? "is ending" : live ? "is not ready" : "is broken: restart it";
	const title = `process ${pid} ${ok ? colours.green("is well, and takes work") : colours.red(verdict)}`;
	const firing = alerts.map(({ name, severity, summary }) => `${colours.red(severity)} ${name}: ${oneLine(summary)}\n`);
	const fixes = dependencies.flatMap(({ name, state, lastError }) =>
		state === "down" && lastError?.fix ? [`→ ${name}: ${oneLine(lastError.fix)}\n`] : [],
	);
	const rows = table(dependencies, columns(Date.parse(at), terminal), terminal);
	return [colours.bold(title), "\n", ...firing, rows, ...fixes].join("");
}

function columns(now: number, terminal: Terminal) {
	const ago = (at: string) => span(now - Date.parse(at));
	const latency = ({ latencySeconds }: DependencyReport) =>
		latencySeconds === null ? "" : `${(latencySeconds * 1000).toFixed(1)} ms`;
	const tries = ({ breaker, attempts, nextAttemptAt }: DependencyReport) => {
		if (breaker === "closed") return "";
		const next = nextAttemptAt === null ? 0 : Date.parse(nextAttemptAt) - now;
		return `${breaker}, ${attempts} failed${next > 0 ? `, next in ${span(next)}` : ""}`;
	};
	const back = ({ recovered }: DependencyReport) =>
		recovered.lastAt === null ? "" : `${recovered.times} ×, last ${localTime(Date.parse(recovered.lastAt))}`;
	const says = ({ state, detail, lastError }: DependencyReport) =>
		oneLine(state === "down" && lastError !== null ? `${lastError.code}: ${lastError.message}` : detail);
	const error = ({ lastError }: DependencyReport) =>
		lastError === null ? "" : `${lastError.code}, ${ago(lastError.at)} ago`;
	return [
		{ title: "STATE", cell: ({ state }: DependencyReport) => coloured(state, terminal) },
		{ title: "WHAT", cell: ({ name }: DependencyReport) => oneLine(name) },
		{ title: "FOR", cell: ({ since }: DependencyReport) => ago(since) },
		{ title: "LATENCY", cell: latency, align: "right" as const },
		{ title: "CALLS", cell: tries },
		{ title: "CAME BACK", cell: back },
		{ title: "LAST ERROR", cell: error },
		{ title: "WHAT IT SAYS", cell: says, shrinks: true as const },
	];
}
