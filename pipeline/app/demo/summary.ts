import type { Workbench } from "#cli/application.ts";
import type { Terminal } from "#cli/terminal.ts";
import { plays } from "./instruments.ts";

/** Says of every file that the instruments wrote how it ended, and why. */
export async function summarise(workbench: Omit<Workbench, "close">, terminal: Terminal, json: boolean): Promise<void> {
	for (const { file } of plays)
		await terminal.print(`${file} ${workbench.ledger.find("plates", file)?.state} ${json}\n`);
}
