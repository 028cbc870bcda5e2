import type { Workbench } from "#cli/application.ts";
import { coloured } from "#cli/state-colour.ts";
import { table } from "#cli/table.ts";
import { oneLine, type Terminal } from "#cli/terminal.ts";
import { differenceKinds } from "#cli/verify/difference.ts";
import { verify } from "#cli/verify/verify.ts";
import { type Taken, takenFrom } from "#cli/why/life.ts";
import { present } from "#cli/why/present.ts";
import { wrapped } from "#cli/words.ts";
import type { Measurement } from "#domain/result.ts";
import { type Play, plays } from "./instruments.ts";
import { watchedSource } from "./lab.ts";

type Memory = Omit<Workbench, "close">;

interface Ending {
	readonly path: string;
	/** What the instrument did. */
	readonly what: string;
	/** The file's state in the ledger. */
	readonly state: string;
	/** In one word, what became of it: its state, or `linked` to the result of the same content, or `dead`. */
	readonly ended: string;
	readonly why: string;
	readonly measurements: readonly Measurement[];
}

/** The curve's coefficients. */
const shown = ["Asym", "xmid", "scal"] as const;

/**
 * Says of every file that the instruments wrote how it ended and why, and whether any is unaccounted for.
 *
 * @returns how many are
 */
export async function summarise(memory: Memory, terminal: Terminal, json: boolean): Promise<number> {
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
	return unaccounted;
}

async function ending({ file, how, story }: Play, workbench: Workbench): Promise<Ending> {
	const life = workbench.ledger.life(watchedSource, file);
	const about = { path: file, what: story ?? how };
	if (life === undefined) {
		return { ...about, state: "never seen", ended: "never seen", why: "nothing noticed it", measurements: [] };
	}
	const taken = await takenFrom(workbench, life);
	const [job] = taken[0]?.jobs ?? [];
	const result = job?.job.result === undefined ? undefined : await workbench.catalog.result(job.job.result);
	const { state } = life.entry;
	return {
		...about,
		state,
		ended: inOneWord(job) ?? state,
		why: present(life, taken, [], Date.now()),
		measurements: result?.measurements ?? [],
	};
}

function inOneWord(job: Taken["jobs"][number] | undefined): string | undefined {
	if (job?.job.state === "dead") return "dead";
	return job?.madeFor === undefined ? undefined : "linked";
}

function asText(
	endings: readonly Ending[],
	unaccounted: number,
	differences: readonly string[],
	terminal: Terminal,
): string {
	const { bold, green, red } = terminal.colours;
	const columns = [
		{ title: "FILE", cell: ({ path }: Ending) => path },
		{ title: "ENDED", cell: ({ ended }: Ending) => coloured(ended, terminal) },
		...shown.map((name) => ({
			title: name,
			align: "right" as const,
			cell: ({ measurements }: Ending) => digits(measurements.find((each) => each.name === name)),
		})),
		{ title: "HOW IT CAME", cell: howOf, shrinks: true as const },
	];
	const unusual = endings.filter(({ ended }) => ended !== "analysed");
	const stories = unusual.map(
		({ path, what, why }) => `${bold(path)}: ${what}\n${wrapped(oneLine(why), terminal.columns, "  ")}\n`,
	);
	const verdict =
		unaccounted === 0
			? `${green("unaccounted: 0")}  every file above is in exactly one state, every result is stored whole`
			: red(`unaccounted: ${unaccounted}`);
	const told = [...differences, wrapped(verdict, terminal.columns, "")].join("\n");
	return `\n${[table(endings, columns, terminal), ...stories, `${told}\n`].join("\n")}`;
}

function howOf({ path }: Ending): string {
	return plays.find(({ file }) => file === path)?.how ?? "";
}

function digits(measurement: Measurement | undefined): string {
	return typeof measurement?.value === "number" ? measurement.value.toFixed(5) : "";
}
