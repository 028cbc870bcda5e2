import { setTimeout as sleep } from "node:timers/promises";
import { fileStates } from "#domain/file-state.ts";
import { displayPath } from "#domain/path.ts";
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
import { progressOn } from "../progress.ts";
import { coloured } from "../state-colour.ts";
import { facts } from "../table.ts";
import { oneLine, type Terminal } from "../terminal.ts";
import { type Difference, differenceKinds } from "../verify/difference.ts";
import { type Verification, verify } from "../verify/verify.ts";

/** What is in flight beside a running `up` arrives within this. */
const inFlightMs = 1_000;

export const registerVerify: Register = (program, context) => {
	const command = program
		.command("verify")
		.description(
			"hold the disk against ledger, catalog, manifests and stored objects, and the audit log against its chain; digests are computed again",
		)
		.action(context.action((options: ConfigOption & JsonOption) => verifyAll(context, options)));
	takesJson(takesConfig(command), "one JSON object");
	example(command, "verify", "verify --json | jq .unaccounted");
};

async function verifyAll(context: CommandContext, options: ConfigOption & JsonOption) {
	const { terminal } = context;
	return await withWorkbench(context, options, async (workbench) => {
		const progress = progressOn(terminal);
		const print = options.json ? jsonPrinter(terminal) : textPrinter(terminal);
		const verification = await verify(workbench, {
			differs: async (difference) => {
				progress.clear();
				await print.difference(difference);
			},
			progress: (what, asked) => progress.show(`${what} (${asked})`),
			pause: () => sleep(inFlightMs),
		});
		progress.clear();
		await print.end(verification);
		return verification.unaccounted === 0 ? exitCodes.done : exitCodes.failed;
	});
}

interface Printer {
	difference(difference: Difference): Promise<void>;
	end(verification: Verification): Promise<void>;
}

function textPrinter(terminal: Terminal): Printer {
	const { colours } = terminal;
	return {
		difference: ({ kind, subject, detail }) =>
			terminal.print(
				`${colours.red(kind)}  ${displayPath(subject)}\n    ${oneLine(detail)}\n    ${colours.bold("→")} ${differenceKinds[kind]}\n`,
			),
		end: async ({ states, unaccounted, elsewhere }) => {
			const counts = fileStates.map((state) => [coloured(state, terminal), String(states[state])] as const);
			await terminal.print(
				facts(
					counts.filter(([, count]) => count !== "0"),
					terminal,
				),
			);
			for (const [source, holder] of elsewhere) {
				const who = holder === undefined ? "no watch of this host has it" : `it is watched by ${holder}`;
				await terminal.print(`source ${source}: ${who}; its files are verified and counted where it is watched\n`);
			}
			await terminal.print(`${(unaccounted === 0 ? colours.green : colours.red)(`unaccounted: ${unaccounted}`)}\n`);
		},
	};
}

/** One object, printed as it is found out: its list of differences may be long. */
function jsonPrinter(terminal: Terminal): Printer {
	let before = '{"differences":[';
	return {
		difference: async (difference) => {
			await terminal.print(`${before}${JSON.stringify({ ...difference, fix: differenceKinds[difference.kind] })}`);
			before = ",\n";
		},
		end: async ({ states, unaccounted, elsewhere }) => {
			const opening = before === ",\n" ? "" : before;
			const away = [...elsewhere].map(([source, holder]) => ({ source, watchedBy: holder ?? null }));
			await terminal.print(
				`${opening}],"states":${JSON.stringify(states)},"elsewhere":${JSON.stringify(away)},"unaccounted":${unaccounted}}\n`,
			);
		},
	};
}
