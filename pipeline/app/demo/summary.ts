import type { Workbench } from "#cli/application.ts";
import { coloured } from "#cli/state-colour.ts";
import { table } from "#cli/table.ts";
import { oneLine, type Terminal } from "#cli/terminal.ts";
import { differenceKinds } from "#cli/verify/difference.ts";
import { verify } from "#cli/verify/verify.ts";
import { takenFrom } from "#cli/why/life.ts";
import { present } from "#cli/why/present.ts";
import { plays } from "./instruments.ts";
import { watchedSource } from "./lab.ts";

type Memory = Omit<Workbench, "close">;

interface Ending {
	readonly path: string;
	/** What the instrument did. */
	readonly what: string;
	readonly state: string;
	readonly why: string;
}

/** Says of every file that the instruments wrote how it ended and why, and that nothing is unaccounted for. */
export async function summarise(memory: Memory, terminal: Terminal, json: boolean): Promise<void> {
	const workbench = { ...memory, close: async () => {} };
	const endings = await Promise.all(plays.map((play) => ending(play, workbench)));
	const differences: string[] = [];
	const { unaccounted } = await verify(workbench, {
		differs: async ({ kind, subject }) => void differences.push(`${kind} ${subject}: ${differenceKinds[kind]}`),
		progress: () => {},
		pause: async () => {},
	});
	if (json) await terminal.print(`${JSON.stringify({ files: endings, unaccounted, differences })}\n`);
	else await terminal.print(asText(endings, unaccounted, differences, terminal));
}

async function ending({ file, what }: (typeof plays)[number], workbench: Workbench): Promise<Ending> {
	const life = workbench.ledger.life(watchedSource, file);
	if (life === undefined) return { path: file, what, state: "never seen", why: "the demo was ended before" };
	const taken = await takenFrom(workbench, watchedSource, file);
	return { path: file, what, state: life.entry.state, why: present(life, taken, Date.now()) };
}

function asText(
	endings: readonly Ending[],
	unaccounted: number,
	differences: readonly string[],
	terminal: Terminal,
): string {
	const columns = [
		{ title: "FILE", cell: ({ path }: Ending) => path },
		{ title: "HOW IT CAME", cell: ({ what }: Ending) => what },
		{
			title: "HOW IT ENDED, AND WHY",
			cell: ({ state, why }: Ending) => oneLine(why).replace(state, coloured(state, terminal)),
			shrinks: true as const,
		},
	];
	const verdict = (unaccounted === 0 ? terminal.colours.green : terminal.colours.red)(`unaccounted: ${unaccounted}`);
	return `\n${table(endings, columns, terminal)}\n${[...differences, verdict].join("\n")}\n`;
}
