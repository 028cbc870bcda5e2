import { Command, CommanderError } from "commander";
import { asWatchRabbitError } from "#core/errors.ts";
import { coverSecrets } from "#core/secrets.ts";
import { version } from "#core/version.ts";
import type { Application } from "./application.ts";
import type { CommandContext, Register } from "./command.ts";
import { registerAlerts } from "./commands/alerts.ts";
import { registerAudit } from "./commands/audit.ts";
import { registerCancel } from "./commands/cancel.ts";
import { registerConfig } from "./commands/config.ts";
import { registerDemo } from "./commands/demo.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerDrain } from "./commands/drain.ts";
import { registerExport } from "./commands/export.ts";
import { registerHealth } from "./commands/health.ts";
import { registerImport } from "./commands/import.ts";
import { registerInit } from "./commands/init.ts";
import { registerKeys } from "./commands/keys.ts";
import { registerList } from "./commands/list.ts";
import { registerLogLevel } from "./commands/log-level.ts";
import { registerMigrate } from "./commands/migrate.ts";
import { registerOperations } from "./commands/operations.ts";
import { registerPause } from "./commands/pause.ts";
import { registerQuarantine } from "./commands/quarantine.ts";
import { registerRelease } from "./commands/release.ts";
import { registerReplay } from "./commands/replay.ts";
import { registerRescan } from "./commands/rescan.ts";
import { registerResume } from "./commands/resume.ts";
import { registerSafeToDelete } from "./commands/safe-to-delete.ts";
import { registerShow } from "./commands/show.ts";
import { registerTry } from "./commands/try.ts";
import { registerUp } from "./commands/up.ts";
import { registerUsers } from "./commands/users.ts";
import { registerVerify } from "./commands/verify.ts";
import { registerWhy } from "./commands/why.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-code.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** In the order in which one meets them. */
const commands: readonly Register[] = [
	registerDemo,
	registerInit,
	registerUp,
	registerTry,
	registerList,
	registerShow,
	registerWhy,
	registerVerify,
	registerReplay,
	registerCancel,
	registerPause,
	registerResume,
	registerDrain,
	registerRescan,
	registerQuarantine,
	registerRelease,
	registerSafeToDelete,
	registerOperations,
	registerAlerts,
	registerUsers,
	registerKeys,
	registerAudit,
	registerConfig,
	registerDoctor,
	registerHealth,
	registerLogLevel,
	registerMigrate,
	registerExport,
	registerImport,
];

export interface Program {
	/** For the help of every command, and for tests that read it. */
	readonly command: Command;
	/** Runs the command that the arguments (without node and script) name. Never rejects. */
	run(argv: readonly string[]): Promise<ExitCode>;
}

export function createProgram(application: Application, terminal: Terminal = processTerminal()): Program {
	let exitCode: ExitCode = exitCodes.done;
	const context: CommandContext = {
		application,
		terminal,
		action:
			(work) =>
			async (...given) => {
				exitCode = await work(...given);
			},
	};
	const command = rootCommand();
	for (const register of commands) register(command, context);
	quiet(command, terminal);
	return {
		command,
		run: async (argv) => {
			exitCode = exitCodes.done;
			try {
				await command.parseAsync(argv, { from: "user" });
				return exitCode;
			} catch (thrown) {
				if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
				return tellError(thrown, terminal, command.opts<{ debug?: true }>().debug === true);
			}
		},
	};
}

function rootCommand(): Command {
	return new Command("watchrabbit")
		.description("Every finished acquisition is analysed once, nothing is lost, and you can ask why.")
		.version(version(), "-V, --version", "print the version")
		.option("--debug", "print the stack of an error")
		.helpOption("-h, --help", "print this help")
		.helpCommand(false)
		.showSuggestionAfterError()
		.addHelpText("after", "\nExit codes: 0 done, 1 failed or differs, 2 usage or configuration, 3 out of reach");
}

/** Commander's own words go where ours go, and it never ends the process. */
function quiet(command: Command, terminal: Terminal): void {
	command.exitOverride().configureOutput({
		writeOut: (text) => void terminal.print(text),
		writeErr: (text) => terminal.tell(text),
		getOutHasColors: () => terminal.colours.isColorSupported,
		getErrHasColors: () => terminal.sideColours.isColorSupported,
	});
	for (const below of command.commands) quiet(below, terminal);
}

function tellError(thrown: unknown, { tell, sideColours }: Terminal, debug: boolean): ExitCode {
	const error = asWatchRabbitError(thrown);
	tell(`${sideColours.red(error.code)}: ${error.message}\n`);
	if (error.fix !== undefined) tell(`${sideColours.bold("→")} ${error.fix}\n`);
	const cause = error.cause instanceof Error ? `caused by ${error.cause.stack}\n` : "";
	if (debug) tell(coverSecrets(`${error.stack}\n${cause}`));
	return exitCodeOf(error);
}
