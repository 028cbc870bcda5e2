import { readFile } from "node:fs/promises";
import { Argument, type Command, Option } from "commander";
import { hashPassword, refuseWeakPassword } from "#access/passwords.ts";
import { permanent } from "#core/errors.ts";
import type { Doer, UserChange, UserRow } from "#core/ports/access-store.ts";
import { type AccessRole, accessRoles, refuseUserName } from "#domain/access.ts";
import { userResource } from "#domain/access-resource.ts";
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
import { type GrantOptions, grantOf, projectsInWords, projectsNamed } from "../grants.ts";
import { requester } from "../requester.ts";
import { type Column, table } from "../table.ts";
import { oneLine, type Terminal } from "../terminal.ts";
import { localTime } from "../words.ts";

interface PasswordOption {
	readonly passwordFile?: string;
}

interface WhyOption {
	readonly why?: string;
}

const projectsText = "only these projects of the configuration, with commas between them (default: all)";

export const registerUsers: Register = (program, context) => {
	const group = program.command("users").description("who may log in to the API, and what he may do there");
	const add = group
		.command("add")
		.description("make a user; his password is asked for, or read from standard input")
		.argument("<name>", "as he will log in")
		.addOption(new Option("--role <role>", "what he may do").choices(accessRoles).default("viewer"))
		.option("--projects <names>", projectsText)
		.action(
			context.action((name: string, options: GrantOptions & PasswordOption & WhyOption & ConfigOption) =>
				addUser(context, name, options),
			),
		);
	example(
		takesPassword(takesWhy(add)),
		"users add anna --role admin",
		"users add bert --projects elisa --password-file ./bert.txt",
	);

	const list = group
		.command("list")
		.description("who there is")
		.action(context.action((options: ConfigOption & JsonOption) => listUsers(context, options)));
	takesJson(takesConfig(list));
	example(list, "users list");

	const role = group
		.command("role")
		.description("let a user do more, or less")
		.argument("<name>")
		.addArgument(new Argument("<role>").choices(accessRoles))
		.option("--projects <names>", "and in these projects; all: in all (default: those that he has)")
		.action(
			context.action((name: string, role: AccessRole, options: { projects?: string } & WhyOption & ConfigOption) =>
				change(context, name, options, `is ${role} now`, async ({ settings }) => ({
					role,
					...(options.projects !== undefined && { projects: projectsNamed(options.projects, settings) }),
				})),
			),
		);
	example(takesWhy(role), "users role anna operator", "users role anna viewer --projects elisa,screen");

	const password = group
		.command("password")
		.description(
			"set another password: asked for, or read from standard input; whoever is logged in by the old one is logged out",
		)
		.argument("<name>")
		.action(
			context.action((name: string, options: PasswordOption & WhyOption & ConfigOption) =>
				change(context, name, options, "has another password now, and is logged out", async () => ({
					password: await newPassword(name, options, context.terminal),
				})),
			),
		);
	example(takesPassword(takesWhy(password)), "users password anna");

	registerSwitch(group, context, "disable", true, "may no longer log in, and is logged out");
	registerSwitch(group, context, "enable", false, "may log in again");
};

function registerSwitch(group: Command, context: CommandContext, name: string, disabled: boolean, told: string): void {
	const command = group
		.command(name)
		.description(disabled ? "let a user no longer log in; what he did stays in the audit log" : "let him log in again")
		.argument("<name>")
		.action(
			context.action((user: string, options: WhyOption & ConfigOption) =>
				change(context, user, options, told, async () => ({ disabled })),
			),
		);
	example(takesWhy(command), `users ${name} anna --why "${disabled ? "left the lab" : "is back"}"`);
}

function takesWhy(command: Command): Command {
	return takesConfig(command).option("--why <reason>", "for the audit log");
}

function takesPassword(command: Command): Command {
	return command.option("--password-file <file>", "read the password from its first line");
}

async function addUser(
	context: CommandContext,
	name: string,
	options: GrantOptions & PasswordOption & WhyOption & ConfigOption,
): Promise<ExitCode> {
	refuseUserName(name);
	return await withWorkbench(context, options, async ({ catalog, settings }) => {
		const grant = grantOf(options, settings);
		if ((await catalog.access.userNamed(name)) !== undefined) {
			throw permanent("USER_EXISTS", `there is a user ${name} already`, {
				fix: "Take another name, or change that user: watchrabbit users role, users password.",
			});
		}
		const password = await newPassword(name, options, context.terminal);
		const user = await catalog.access.addUser({ name, ...grant, password }, doer(options));
		const where = user.projects === "all" ? "everything" : `the projects ${user.projects.join(", ")}`;
		await context.terminal.print(`${user.name} may log in now, as ${user.role} of ${where}\n`);
		return exitCodes.done;
	});
}

async function change(
	context: CommandContext,
	name: string,
	options: WhyOption & ConfigOption,
	told: string,
	changeOf: (workbench: Parameters<Parameters<typeof withWorkbench>[2]>[0]) => Promise<UserChange>,
): Promise<ExitCode> {
	return await withWorkbench(context, options, async (workbench) => {
		const user = await workbench.catalog.access.changeUser(name, await changeOf(workbench), doer(options));
		await context.terminal.print(`${user.name} ${told}\n`);
		return exitCodes.done;
	});
}

function doer({ why }: WhyOption): Doer {
	return { actor: requester(), now: Date.now(), ...(why !== undefined && { why }) };
}

/** Hashed. Never an argument: those are in the shell's history, and seen by everybody on the machine while it runs. */
async function newPassword(user: string, { passwordFile }: PasswordOption, terminal: Terminal): Promise<string> {
	const password =
		passwordFile === undefined ? await terminal.secret(`New password of ${user}: `) : await firstLine(passwordFile);
	refuseWeakPassword(password, user);
	if (passwordFile === undefined && terminal.asks && (await terminal.secret("The same again: ")) !== password) {
		throw usage("PASSWORD", "the two passwords are not the same", "Nothing was changed: try again.");
	}
	return await hashPassword(password);
}

async function firstLine(file: string): Promise<string> {
	try {
		return (await readFile(file, "utf8")).split(/\r?\n/, 1)[0] ?? "";
	} catch (thrown) {
		throw usage("PASSWORD_FILE", `the password cannot be read: ${(thrown as Error).message}`, "Correct the path.");
	}
}

async function listUsers(context: CommandContext, options: ConfigOption & JsonOption): Promise<ExitCode> {
	const { terminal } = context;
	return await withWorkbench(context, options, async ({ catalog }) => {
		const users = await catalog.access.users();
		if (options.json) for (const user of users) await terminal.print(`${JSON.stringify(userResource(user))}\n`);
		else if (users.length > 0) await terminal.print(table(users, columns, terminal));
		else terminal.tell("there are no users: make one with watchrabbit users add NAME --role admin\n");
		return exitCodes.done;
	});
}

const columns: readonly Column<UserRow>[] = [
	{ title: "NAME", cell: ({ name }) => oneLine(name) },
	{ title: "ROLE", cell: ({ role }) => role },
	{ title: "PROJECTS", cell: ({ projects }) => projectsInWords(projects), shrinks: true },
	{ title: "LOGS IN", cell: ({ subject }) => (subject === undefined ? "by password" : "by OpenID Connect") },
	{ title: "SINCE", cell: ({ createdAt }) => localTime(createdAt) },
	{ title: "DISABLED", cell: ({ disabledAt }) => (disabledAt === undefined ? "" : localTime(disabledAt)) },
];
