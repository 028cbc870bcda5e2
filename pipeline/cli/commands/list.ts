import { Argument } from "commander";
import type { Filter } from "#core/ports/catalog-rows.ts";
import { pauseInWords } from "#domain/operation.ts";
import type { Workbench } from "../application.ts";
import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
	usage,
	withWorkbench,
} from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { type Listed, listings } from "../listed.ts";
import { defaultLimit, limitOption, printLines, printTable } from "../listing.ts";
import { sinceOption } from "../moments.ts";
import { oneLine, type Terminal } from "../terminal.ts";
import { localTime } from "../words.ts";

interface ListOptions extends ConfigOption, JsonOption {
	readonly source?: string;
	readonly pipeline?: string;
	readonly state?: string;
	readonly since?: string;
	readonly limit?: string;
}

export const registerList: Register = (program, context) => {
	const command = program
		.command("list")
		.description("list what is known, newest first")
		.addArgument(new Argument("<what>").choices(Object.keys(listings)))
		.option("--source <name>", "of this source")
		.option("--pipeline <name>", "of this pipeline")
		.option("--state <states>", "in one of these states, with commas between them")
		.option("--since <time>", "not older than a duration (2h, 7d) or a time (2026-11-21)")
		.option("--limit <n>", "at most so many (default: 50 on a terminal, else all)")
		.action(
			context.action((what: keyof typeof listings, options: ListOptions) => list(context, listings[what], options)),
		);
	takesJson(takesConfig(command));
	example(command, "list jobs --state dead,failed", "list results --pipeline elisa --since 1d --json");
};

async function list(context: CommandContext, listed: Listed, options: ListOptions) {
	const { terminal } = context;
	const filter = filterOf(listed, options);
	const limit = limitOption(options.limit) ?? defaultLimit(terminal, options.json === true);
	return await withWorkbench(context, options, async (workbench) => {
		if (options.json) await printLines(listed.rows(workbench, filter, limit), terminal);
		else {
			const rows = annotated(listed, workbench, listed.rows(workbench, filter, limit + 1));
			await printTable(rows, { limit, columns: listed.columns(terminal), none: listed.none }, terminal);
			await tellHeldBack(workbench, terminal);
		}
		return exitCodes.done;
	});
}

/** On the side: it explains why files and jobs wait. */
async function tellHeldBack({ catalog }: Workbench, { tell }: Terminal): Promise<void> {
	const pauses = await catalog.operations.pauses(Date.now());
	const [first, ...more] = pauses.filter(({ on }) => on.type !== "file");
	if (first === undefined) return;
	const others = more.length === 0 ? "" : ` (and ${more.length} more: watchrabbit operations)`;
	tell(`${oneLine(pauseInWords(first, localTime))}${others}\n`);
}

async function* annotated({ annotate }: Listed, workbench: Workbench, rows: AsyncIterable<object>) {
	for await (const row of rows) yield (await annotate?.(workbench, row)) ?? row;
}

function filterOf({ name, filters, states }: Listed, { source, pipeline, state, since }: ListOptions): Filter {
	const given = { source, pipeline, state, since };
	for (const [option, value] of Object.entries(given)) {
		if (value === undefined || filters.includes(option as keyof typeof given)) continue;
		const allowed = filters.map((filter) => `--${filter}`).join(", ");
		const fix = allowed === "" ? "Leave it out." : `Use ${allowed}.`;
		throw usage("FILTER", `list ${name} takes no --${option}`, fix);
	}
	const wanted = state?.split(",").map((each) => each.trim());
	const unknown = wanted?.find((each) => !states.includes(each));
	if (unknown !== undefined) {
		throw usage("STATE", `${name} are never "${unknown}"`, `Use ${states.join(", ")}.`);
	}
	return {
		...(source === undefined ? {} : { source }),
		...(pipeline === undefined ? {} : { pipeline }),
		...(wanted === undefined ? {} : { state: wanted }),
		...(since === undefined ? {} : { since: sinceOption(since, Date.now()) }),
	};
}
