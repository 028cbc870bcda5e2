import { Option } from "commander";
import { newApiKey } from "#access/api-keys.ts";
import { parseDuration } from "#config/quantity.ts";
import type { KeyRow } from "#core/ports/access-store.ts";
import { type AccessRole, accessRoles, type Permission, permissionsOf, refuseUserName } from "#domain/access.ts";
import { keyResource } from "#domain/access-resource.ts";
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
import { type GrantOptions, grantOf, listed, projectsInWords } from "../grants.ts";
import { requester } from "../requester.ts";
import { type Column, table } from "../table.ts";
import { oneLine } from "../terminal.ts";
import { localTime } from "../words.ts";

interface CreateOptions extends GrantOptions, ConfigOption, JsonOption {
	readonly scopes?: string;
	readonly expires?: string;
	readonly why?: string;
}

export const registerKeys: Register = (program, context) => {
	const group = program.command("keys").description("API keys: by which programs say who they are");
	const create = group
		.command("create")
		.description("make a key; it is printed once, and kept as a hash")
		.argument("<name>", "who is to have it: a LIMS, a script, an instrument")
		.addOption(new Option("--role <role>", "what it may do").choices(accessRoles).default("service"))
		.option("--scopes <permissions>", "of that only this, with commas between them (read, ingest, operate, administer)")
		.option(
			"--projects <names>",
			"only in these projects of the configuration, with commas between them (default: all)",
		)
		.option("--expires <duration>", "good for so long (90d; default: until it is revoked)")
		.option("--why <reason>", "for the audit log")
		.action(context.action((name: string, options: CreateOptions) => createKey(context, name, options)));
	takesJson(takesConfig(create), "one JSON object, with the key");
	example(create, "keys create lims --scopes read --expires 365d", "keys create plate-reader-3 --projects elisa");

	const list = group
		.command("list")
		.description("which there are, and when each was used last")
		.action(context.action((options: ConfigOption & JsonOption) => listKeys(context, options)));
	takesJson(takesConfig(list));
	example(list, "keys list");

	const revoke = group
		.command("revoke")
		.description("from now on it is nobody's: processes that run know it within 5 seconds")
		.argument("<id>", "what it begins with: wr_ and 8 digits")
		.option("--why <reason>", "for the audit log")
		.action(context.action((id: string, options: ConfigOption & { why?: string }) => revokeKey(context, id, options)));
	takesConfig(revoke);
	example(revoke, 'keys revoke wr_3f9c2a7d --why "was in a mail"');
};

async function createKey(context: CommandContext, name: string, options: CreateOptions): Promise<ExitCode> {
	const { terminal } = context;
	refuseUserName(name);
	const permissions = permissionsNamed(options);
	const now = Date.now();
	const expiresAt = options.expires === undefined ? undefined : now + lifetimeMs(options.expires);
	return await withWorkbench(context, options, async ({ catalog, settings }) => {
		const { key, id, hash } = newApiKey();
		const made = { id, name, hash, ...grantOf(options, settings), permissions, expiresAt };
		const why = options.why === undefined ? {} : { why: options.why };
		await catalog.access.addKey(made, { actor: requester(), now, ...why });
		if (options.json) {
			const row = { ...made, createdAt: now, usedAt: undefined, revokedAt: undefined };
			await terminal.print(`${JSON.stringify({ ...keyResource(row), key })}\n`);
			return exitCodes.done;
		}
		await terminal.print(`${key}\n`);
		terminal.tell("This is the only time that it is shown. Send it as `Authorization: Bearer ...`.\n");
		return exitCodes.done;
	});
}

function permissionsNamed({ role, scopes }: { role: AccessRole; scopes?: string }): readonly Permission[] | undefined {
	if (scopes === undefined) return undefined;
	const allowed: readonly string[] = permissionsOf[role];
	const named = listed(scopes);
	const beyond = named.find((scope) => !allowed.includes(scope));
	if (beyond === undefined && named.length > 0) return named as readonly Permission[];
	const what = beyond === undefined ? "no scope is named" : `the role ${role} does not allow "${beyond}"`;
	throw usage("SCOPES", what, `It allows ${allowed.join(", ")}: name some of these, or give another --role.`);
}

function lifetimeMs(given: string): number {
	const ms = parseDuration(given);
	if (ms !== undefined && ms > 0) return ms;
	throw usage("EXPIRES", `"${given}" is no length of time`, "Give for example 90d or 12h.");
}

async function revokeKey(context: CommandContext, given: string, options: ConfigOption & { readonly why?: string }) {
	// Who has the whole key at hand, and nothing else, may give that.
	const id = given.slice(0, "wr_00000000".length);
	return await withWorkbench(context, options, async ({ catalog }) => {
		const why = options.why === undefined ? {} : { why: options.why };
		await catalog.access.revokeKey(id, { actor: requester(), now: Date.now(), ...why });
		await context.terminal.print(`${id} is revoked\n`);
		return exitCodes.done;
	});
}

async function listKeys(context: CommandContext, options: ConfigOption & JsonOption): Promise<ExitCode> {
	const { terminal } = context;
	return await withWorkbench(context, options, async ({ catalog }) => {
		const keys = await catalog.access.keys();
		if (options.json) for (const key of keys) await terminal.print(`${JSON.stringify(keyResource(key))}\n`);
		else if (keys.length > 0) await terminal.print(table(keys, columns, terminal));
		else terminal.tell("there are no keys: make one with watchrabbit keys create NAME\n");
		return exitCodes.done;
	});
}

const columns: readonly Column<KeyRow>[] = [
	{ title: "KEY", cell: ({ id }) => id },
	{ title: "NAME", cell: ({ name }) => oneLine(name) },
	{ title: "STATE", cell: (row) => stateOf(row) },
	{ title: "ROLE", cell: ({ role }) => role },
	{ title: "MAY", cell: ({ role, permissions }) => (permissions ?? permissionsOf[role]).join(", "), shrinks: true },
	{ title: "PROJECTS", cell: ({ projects }) => projectsInWords(projects), shrinks: true },
	{ title: "MADE", cell: ({ createdAt }) => localTime(createdAt) },
	{ title: "USED LAST", cell: ({ usedAt }) => (usedAt === undefined ? "never" : localTime(usedAt)) },
];

function stateOf({ revokedAt, expiresAt }: KeyRow): string {
	if (revokedAt !== undefined) return "revoked";
	if (expiresAt === undefined) return "good";
	return expiresAt <= Date.now() ? "expired" : `good until ${localTime(expiresAt)}`;
}
