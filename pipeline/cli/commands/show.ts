import { text } from "node:stream/consumers";
import { type AcquisitionDetail, acquisitionDetail, jobDetail, resultDetail } from "#domain/details.ts";
import { attemptPrefix, logName } from "#domain/object-keys.ts";
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
import { acquisitionText, jobText, resultText } from "../portrait.ts";
import type { Terminal } from "../terminal.ts";

export const registerShow: Register = (program, context) => {
	const command = program
		.command("show")
		.description("show a job, a result or an acquisition whole")
		.argument("<id>", "as `list` prints it")
		.action(context.action((id: string, options: ConfigOption & JsonOption) => show(context, id, options)));
	takesJson(takesConfig(command), "one JSON object, as the API gives it");
	example(command, "show jb3f0c1d2e4a59687b3f0c1d2e4a59687");
};

async function show(context: CommandContext, id: string, options: ConfigOption & JsonOption) {
	const { terminal } = context;
	return await withWorkbench(context, options, async (workbench) => {
		const found = await find(id, workbench);
		if (found === undefined) {
			throw usage("UNKNOWN_ID", `there is no job, result or acquisition ${id}`, "Find it with: watchrabbit list jobs");
		}
		await terminal.print(options.json ? `${JSON.stringify(found.detail)}\n` : await found.text(terminal));
		return exitCodes.done;
	});
}

/** An id is of one kind only; which, the catalog knows. */
async function find(
	id: string,
	workbench: Workbench,
): Promise<{ detail: object; text: (terminal: Terminal) => Promise<string> } | undefined> {
	const { catalog } = workbench;
	const job = await jobDetail(catalog, id);
	if (job !== undefined) {
		const acquisition = await acquisitionDetail(catalog, job.acquisition);
		return {
			detail: job,
			text: async (terminal) => jobText(job, acquisition, await logOf(job.id, workbench), terminal),
		};
	}
	const result = await resultDetail(catalog, id);
	if (result !== undefined) {
		return {
			detail: result,
			text: async (terminal) => resultText(result, await logOf(result.job, workbench), terminal),
		};
	}
	const acquisition: AcquisitionDetail | undefined = await acquisitionDetail(catalog, id);
	return acquisition && { detail: acquisition, text: async (terminal) => acquisitionText(acquisition, terminal) };
}

/** What the last attempt printed: with the catalog if it failed, with the result if it completed. */
async function logOf(job: string, { catalog, objects }: Workbench): Promise<string> {
	const last = (await catalog.job(job))?.attempts.at(-1);
	if (last === undefined) return "";
	if (last.outcome !== "completed") return last.log ?? "";
	const key = attemptPrefix(job, last.token) + logName;
	return (await objects.head(key)) === undefined ? "" : await text(await objects.get(key));
}
