import type { Command } from "commander";
import type { AuditFilter, AuditHead, AuditRow } from "#core/ports/audit-log.ts";
import { auditResource } from "#domain/audit-resource.ts";
import { counted } from "#domain/counted.ts";
import { displayPath } from "#domain/path.ts";
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
import { defaultLimit, limitOption, mapped, printLines, printTable, rowsOf } from "../listing.ts";
import { sinceOption } from "../moments.ts";
import type { Column } from "../table.ts";
import { oneLine } from "../terminal.ts";
import { localTime } from "../words.ts";

interface EntriesOptions extends ConfigOption, JsonOption {
	readonly actor?: string;
	readonly action?: string;
	readonly target?: string;
	readonly since?: string;
	readonly limit?: string;
}

export const registerAudit: Register = (program, context) => {
	const group = program
		.command("audit")
		.description("who did what, when and why: a log that is only appended to, in a chain that shows if it was changed");
	registerEntries(group, context);
	const head = group
		.command("head")
		.description(
			"the last entry's number and hash: keep it elsewhere, and `audit verify` proves by it that nothing is gone",
		)
		.action(context.action((options: ConfigOption & JsonOption) => tellHead(context, options)));
	takesJson(takesConfig(head), "one JSON object");
	example(head, "audit head >> /mnt/elsewhere/audit-heads");
	const verify = group
		.command("verify")
		.description("recompute the chain: no entry was changed, removed or put in; exit code 1 when one was")
		.argument("[head]", "what `audit head` said once: nothing up to it is gone or written anew")
		.action(context.action((kept: string | undefined, options: ConfigOption) => verifyChain(context, kept, options)));
	takesConfig(verify);
	example(verify, "audit verify", "audit verify 1041:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
};

function registerEntries(group: Command, context: CommandContext): void {
	const list = group
		.command("list", { isDefault: true })
		.description("its entries, newest first (what `audit` alone does as well)")
		.option("--actor <who>", "of this actor, as it is listed")
		.option("--action <what>", "of this action (job.replayed, user.added, ...)")
		.option("--target <what>", "done to this, as it is listed")
		.option("--since <time>", "not older than a duration (2h, 7d) or a time (2026-11-21)")
		.option("--limit <n>", "at most so many (default: 50 on a terminal, else all)")
		.action(context.action((options: EntriesOptions) => entries(context, options)));
	takesJson(takesConfig(list));
	example(list, "audit list --since 7d", "audit list --target user:anna --json");
}

async function entries(context: CommandContext, options: EntriesOptions): Promise<ExitCode> {
	const { terminal } = context;
	const limit = limitOption(options.limit) ?? defaultLimit(terminal, options.json === true);
	const { actor, action, target, since } = options;
	const filter: AuditFilter = {
		...(actor !== undefined && { actor }),
		...(action !== undefined && { action }),
		...(target !== undefined && { target }),
		...(since !== undefined && { since: sinceOption(since, Date.now()) }),
	};
	return await withWorkbench(context, options, async ({ catalog }) => {
		const rows = (most: number) => rowsOf((request) => catalog.audit.page(request), filter, most);
		if (options.json) await printLines(mapped(rows(limit), auditResource), terminal);
		else await printTable(rows(limit + 1), { limit, columns, none: "the audit log has no such entry" }, terminal);
		return exitCodes.done;
	});
}

const columns: readonly Column<AuditRow>[] = [
	{ title: "ENTRY", cell: ({ seq }) => String(seq), align: "right" },
	{ title: "AT", cell: ({ at }) => localTime(at) },
	{ title: "WHO", cell: ({ actor }) => oneLine(actor) },
	{ title: "DID", cell: ({ action }) => oneLine(action) },
	{ title: "TO", cell: ({ target }) => displayPath(target), shrinks: true },
	{ title: "WHY", cell: ({ why }) => (why === undefined ? "" : oneLine(why)), shrinks: true },
];

async function tellHead(context: CommandContext, options: ConfigOption & JsonOption): Promise<ExitCode> {
	return await withWorkbench(context, options, async ({ catalog }) => {
		const { seq, hash } = (await catalog.audit.head()) ?? { seq: 0, hash: "" };
		const told = options.json ? JSON.stringify({ seq, hash }) : `${seq}:${hash}`;
		await context.terminal.print(`${told}\n`);
		return exitCodes.done;
	});
}

async function verifyChain(
	context: CommandContext,
	kept: string | undefined,
	options: ConfigOption,
): Promise<ExitCode> {
	const { terminal } = context;
	const anchor = kept === undefined ? undefined : headOf(kept);
	return await withWorkbench(context, options, async ({ catalog: { audit } }) => {
		let flaws = 0;
		for await (const { kind, detail } of audit.verify(anchor)) {
			flaws++;
			await terminal.print(`${terminal.colours.red(kind)}  ${detail}\n`);
		}
		const count = counted((await audit.head())?.seq ?? 0, "entry", "entries");
		if (flaws > 0) terminal.tell("the audit log is not what was written: hold it against a copy of the catalog\n");
		else if (anchor === undefined)
			terminal.tell(`${count}, none changed; whether the end is there, only a head kept elsewhere can say\n`);
		else terminal.tell(`${count}, none changed, and nothing up to entry ${anchor.seq} is gone\n`);
		return flaws === 0 ? exitCodes.done : exitCodes.failed;
	});
}

function headOf(kept: string): AuditHead | undefined {
	const [, seq = "", hash = ""] = /^(\d{1,15}):([0-9a-f]{64})?$/.exec(kept) ?? [];
	if (seq === "" || (hash === "") !== (Number(seq) === 0)) {
		throw usage(
			"HEAD",
			`"${kept}" is no head of the audit log`,
			"Give what `watchrabbit audit head` printed, as 12:9f86...",
		);
	}
	return Number(seq) === 0 ? undefined : { seq: Number(seq), hash };
}
