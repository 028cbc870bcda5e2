import type { Filter } from "#core/ports/catalog-rows.ts";
import { counted } from "#domain/counted.ts";
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
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { rowsOf } from "../listing.ts";
import { sinceOption } from "../moments.ts";
import { requester } from "../requester.ts";

interface ReplayOptions extends ConfigOption, JsonOption {
	readonly dead?: boolean;
	readonly pipeline?: string;
	readonly since?: string;
	readonly why?: string;
}

export const registerReplay: Register = (program, context) => {
	const command = program
		.command("replay")
		.description(
			"run jobs again, with the analysis as it is now and attempts counted anew; earlier results stay to be seen",
		)
		.argument("[id]", "a job, or the result of one")
		.option("--dead", "all dead jobs")
		.option("--pipeline <name>", "all jobs of this pipeline that are over (with --dead: its dead ones)")
		.option("--why <reason>", "for the histories, and for the audit log")
		.option("--since <time>", "only jobs made since: a duration (2h, 7d) or a time (2026-11-21)")
		.action(context.action((id: string | undefined, options: ReplayOptions) => replay(context, id, options)));
	takesJson(takesConfig(command));
	example(command, "replay --dead", "replay --pipeline elisa --since 7d");
};

async function replay(context: CommandContext, id: string | undefined, options: ReplayOptions): Promise<ExitCode> {
	const chosen = filterOf(id, options);
	const { terminal } = context;
	return await withWorkbench(context, options, async (workbench) => {
		const { why } = options;
		const asked = { kind: "replay", by: requester(), ...(why !== undefined && { why }) } as const;
		const outcomes = { queued: 0, already: 0 };
		const jobs = chosen === undefined ? [await jobOf(id as string, workbench)] : await idsOf(chosen, workbench);
		for (const job of jobs) {
			const request = { ...asked, target: { type: "job", name: job } as const };
			const { job: runs = job, already } = await context.application.operate(workbench, request);
			const outcome = already ? "already" : "queued";
			outcomes[outcome]++;
			const replaces = runs === job ? null : job;
			if (options.json) await terminal.print(`${JSON.stringify({ job: runs, outcome, replaces })}\n`);
		}
		if (!options.json) await terminal.print(told(outcomes));
		return exitCodes.done;
	});
}

/** Undefined for a single job that is named. */
function filterOf(id: string | undefined, { dead, pipeline, since }: ReplayOptions): Filter | undefined {
	const several = dead === true || pipeline !== undefined;
	if (several === (id !== undefined) || (since !== undefined && !several)) {
		throw usage(
			"REPLAY",
			"it is not clear what to replay",
			"Give either an ID, or --dead or --pipeline (with --since).",
		);
	}
	if (!several) return undefined;
	return {
		state: dead ? ["dead"] : ["completed", "dead", "cancelled"],
		...(pipeline === undefined ? {} : { pipeline }),
		...(since === undefined ? {} : { since: sinceOption(since, Date.now()) }),
	};
}

async function jobOf(id: string, { catalog }: Workbench): Promise<string> {
	const job = (await catalog.result(id))?.job ?? (await catalog.job(id))?.id;
	if (job !== undefined) return job;
	throw usage("UNKNOWN_ID", `there is no job or result ${id}`, "Find it with: watchrabbit list jobs");
}

/** Oldest first, so that they run in the order in which they came. All are known before the first one changes its state. */
async function idsOf(filter: Filter, { catalog }: Workbench): Promise<readonly string[]> {
	const ids: string[] = [];
	for await (const { id } of rowsOf((request) => catalog.jobs(request), filter, undefined, "asc")) ids.push(id);
	return ids;
}

function told({ queued, already }: { queued: number; already: number }): string {
	const waiting = already === 0 ? "" : `, ${already} already waiting, running or done with the present analysis`;
	return `${counted(queued, "job")} queued${waiting}${queued === 0 ? "" : " (a running `watchrabbit up` takes them)"}\n`;
}
