import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DemoOptions } from "#cli/application.ts";
import { processTerminal, type Terminal } from "#cli/terminal.ts";
import { loadSettings } from "#config/load.ts";
import { systemClock } from "#core/clock.ts";
import { permanent } from "#core/errors.ts";
import { createReport } from "#observability/events.ts";
import { LogLevels } from "#observability/log-levels.ts";
import { createLogger } from "#observability/logger.ts";
import { type AtWork, run } from "../up.ts";
import { playInstruments, plays } from "./instruments.ts";
import { layOutLab, watched } from "./lab.ts";
import { Narrator } from "./narrate.ts";
import { nextSteps } from "./next-steps.ts";
import { summarise } from "./summary.ts";

/**
 * Plays a lab: instruments write slowly, in pieces, through temporary names; every step is told on the side, and the
 * summary says why each file ended as it did.
 *
 * @returns 0, or 1 when something is unaccounted for
 * @throws WatchRabbitError USAGE_DEMO_KEEP
 */
export async function demo(options: DemoOptions): Promise<number> {
	const terminal = processTerminal();
	const { keep } = options;
	const directory = keep ?? (await mkdtemp(join(tmpdir(), "watchrabbit-demo-")));
	if (keep !== undefined) await refuseUnlessEmpty(keep);
	try {
		return await play(directory, options, terminal);
	} finally {
		if (keep === undefined) await rm(directory, { recursive: true, force: true });
	}
}

/** Instruments write new files: into those of an earlier demo they would write a second time. */
async function refuseUnlessEmpty(directory: string): Promise<void> {
	await mkdir(directory, { recursive: true });
	if ((await readdir(directory)).length === 0) return;
	throw permanent("USAGE_DEMO_KEEP", `${directory} is not empty`, {
		fix: "Give a directory to --keep that is new or empty: the demo lays out a lab of its own.",
	});
}

async function play(directory: string, { untilIdle, keep, json }: DemoOptions, terminal: Terminal): Promise<number> {
	const loaded = await loadSettings(await layOutLab(directory), process.env);
	const logger = createLogger({ level: "silent", pretty: false, colours: false });
	const narrator = new Narrator(terminal);
	const done = new AbortController();
	let unaccounted = 0;
	terminal.tell(intro(directory, keep !== undefined));
	const exitCode = await run(loaded, {
		roles: ["watch", "flow", "work", "serve"],
		untilIdle: false,
		done: done.signal,
		levels: new LogLevels(logger, systemClock),
		observe: (health, metrics) => {
			const report = createReport({ logger, health, metrics });
			return (event) => {
				report(event);
				narrator.tell(event);
			};
		},
		onEnding: () => {
			if (!done.signal.aborted)
				terminal.tell("\nEnding: what has begun is finished first. Ctrl-C again ends at once.\n");
		},
		atWork,
	});
	return unaccounted === 0 ? exitCode : 1;

	async function atWork({ address, state, idle, ending }: AtWork): Promise<void> {
		const results = `${address}/api/v1/results`;
		terminal.tell(`The API    ${results}\n\n`);
		await playInstruments(join(directory, watched), ending, (next) => narrator.begins(next));
		if (!(await idle())) return;
		unaccounted = await summarise({ settings: loaded.settings, ...state }, terminal, json);
		terminal.tell(nextSteps(keep, terminal, process.env));
		if (untilIdle) done.abort();
		else terminal.tell(`\nThe API stays at ${results}\nCtrl-C ends the demo.\n`);
	}
}

function intro(directory: string, kept: boolean): string {
	return `Two plate readers write ${plays.length} exports of an ELISA into a directory, slowly, as
instruments do. R fits a standard curve to each as soon as it is complete.
Three of them go wrong on purpose. It takes about 20 seconds, and longer where
this machine has no R and brings its own.

The lab    ${directory}${kept ? "" : "  (removed at the end)"}
`;
}
