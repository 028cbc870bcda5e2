import type { LifeEvent } from "#core/ports/ledger.ts";
import { traceId } from "#core/trace.ts";
import { traceOfVersion } from "#domain/acquisition.ts";
import { displayPath } from "#domain/path.ts";
import { isoTime } from "#domain/resources.ts";
import { watchedElsewhere } from "#domain/watched-elsewhere.ts";
import type { Workbench } from "../application.ts";
import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
	withWorkbench,
} from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { coloured } from "../state-colour.ts";
import { oneLine, type Terminal } from "../terminal.ts";
import { lifeElsewhere, toldByCatalog } from "../why/elsewhere.ts";
import { gatheredWith } from "../why/gathered.ts";
import { lifeOf, takenFrom } from "../why/life.ts";
import { type Location, locate } from "../why/locate.ts";
import { missingAnalyses } from "../why/missing-analyses.ts";
import { present } from "../why/present.ts";
import { explainUnseen } from "../why/unseen.ts";
import { localTime } from "../words.ts";

export const registerWhy: Register = (program, context) => {
	const command = program
		.command("why")
		.description("tell the whole life of a file: seen, settled, analysed, or what keeps it from that")
		.argument("<path>", "a file, or a run folder; it need not exist any more")
		.action(context.action((path: string, options: ConfigOption & JsonOption) => why(context, path, options)));
	takesJson(takesConfig(command), "one JSON object");
	example(command, "why instruments/plate-reader/plate7.csv");
};

interface Answer {
	readonly path: string;
	readonly state: string;
	/** Of its present version: its own, and those of groups and batches that it is part of. */
	readonly traceIds: readonly string[];
	/** The last one, `now`, says how it stands. */
	readonly events: readonly LifeEvent[];
}

async function why(context: CommandContext, given: string, options: ConfigOption & JsonOption) {
	const { terminal } = context;
	return await withWorkbench(context, options, async (workbench) => {
		const location = locate(given, terminal.directory, workbench.settings.sources);
		const answer = await answerFor(location, workbench);
		await terminal.print(options.json ? asJson(answer) : asText(answer, location, terminal));
		return exitCodes.done;
	});
}

async function answerFor(location: Location, workbench: Workbench): Promise<Answer> {
	const { absolute, within } = location;
	const now = Date.now();
	const elsewhere = await watchedElsewhere(workbench, within === undefined ? [] : [within.source.name], now);
	const isElsewhere = within !== undefined && elsewhere.has(within.source.name);
	const holder = within && elsewhere.get(within.source.name);
	const known = within && !isElsewhere ? workbench.ledger.life(within.source.name, within.path) : undefined;
	const life = known ?? (within && (await lifeElsewhere(workbench, within.source.name, within.path)));
	if (within === undefined || life === undefined) {
		const told = explainUnseen(location, workbench.settings.sources, holder);
		return {
			path: absolute,
			state: "unknown",
			traceIds: [],
			events: told.map((detail) => ({ at: now, what: "now", detail })),
		};
	}
	const taken = await takenFrom(workbench, life);
	const events = await lifeOf(workbench, life, taken);
	const current = taken.filter(({ acquisition }) => acquisition.supersededBy === undefined);
	const jobs = current.flatMap((each) => each.jobs.map(({ job }) => job));
	const pipelines = new Set(jobs.map(({ pipeline }) => pipeline));
	const gathered = await gatheredWith(workbench, within.source, life.folder?.path ?? within.path, pipelines);
	const missing = await missingAnalyses(workbench, within.source, pipelines);
	const hasResult = known === undefined && jobs.some(({ state }) => state === "completed");
	const entry = hasResult ? { ...life.entry, state: "analysed" as const } : life.entry;
	const pauses = await workbench.catalog.operations.pauses(now);
	const detail = present({ ...life, entry }, taken, [...gathered, ...missing], now, pauses);
	events.push({ at: now, what: "now", detail: known === undefined ? `${detail}; ${toldByCatalog(holder)}` : detail });
	const { identity: ledger } = workbench.ledger;
	const { id: unit, generation } = life.folder ?? life.entry;
	const published = current.map(({ acquisition }) => traceId(acquisition));
	const coming =
		known === undefined
			? []
			: [traceId(traceOfVersion({ ledger, unit, generation }, workbench.ledger.origins(unit)[0]))];
	const traceIds = [...new Set(published.length > 0 ? published : coming)];
	return { path: absolute, state: entry.state, traceIds, events };
}

function asJson({ path, state, traceIds, events }: Answer): string {
	return `${JSON.stringify({ path, state, traceIds, events: events.map((event) => ({ ...event, at: isoTime(event.at) })) })}\n`;
}

function asText({ events, traceIds }: Answer, { absolute, within }: Location, terminal: Terminal): string {
	const { colours } = terminal;
	const where = within === undefined ? "" : colours.dim(`  source ${within.source.name}`);
	const past = events.filter(({ what }) => what !== "now");
	const now = events.filter(({ what }) => what === "now");
	const widest = Math.max(0, ...past.map(({ what }) => what.length));
	const lines = [
		`${colours.bold(displayPath(absolute))}${where}`,
		...past.map(({ at, what, detail }) => {
			return `${colours.dim(localTime(at))}  ${coloured(what, terminal)}${" ".repeat(widest - what.length)}  ${oneLine(detail)}`.trimEnd();
		}),
		...(past.length === 0 ? ["never seen:"] : [""]),
		...traceIds.map((id) => colours.dim(`trace ${id}`)),
		...now.map(({ detail }) => `${past.length === 0 ? "- " : colours.bold("now ")}${oneLine(detail)}`),
	];
	return `${lines.join("\n")}\n`;
}
