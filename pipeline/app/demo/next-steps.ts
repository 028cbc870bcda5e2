import { relative } from "node:path";
import type { Terminal } from "#cli/terminal.ts";

/** What a person may want to do with the demo's lab; `kept` is its directory, if it stays. */
export function nextSteps(
	kept: string | undefined,
	{ directory, sideColours }: Terminal,
	env: NodeJS.ProcessEnv,
): string {
	const { bold } = sideColours;
	const checkout = env.npm_lifecycle_event === undefined ? undefined : env.npm_config_local_prefix;
	if (kept === undefined) {
		const command = checkout === undefined ? "watchrabbit demo --keep ./demo" : "npm start -- --keep ./demo";
		return `\n${bold("To look around in the lab afterwards, keep it:")}\n  ${command}\n`;
	}
	const commands = [
		...(checkout === undefined ? [] : [`alias watchrabbit='npm --prefix "${checkout}" run -s watchrabbit --'`]),
		`cd '${relative(directory, kept) || "."}'`,
		"watchrabbit list results",
		"watchrabbit why 'instruments/reader-a/run-03 copy.csv'",
		"watchrabbit list dead",
		"watchrabbit try instruments/reader-a/run-01.csv --pipeline standard-curve",
		"watchrabbit verify",
	];
	return `\n${bold("The lab is kept. To look around in it:")}\n${commands.map((command) => `  ${command}\n`).join("")}`;
}
