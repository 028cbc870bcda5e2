import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DemoOptions } from "#cli/application.ts";
import { processTerminal, type Terminal } from "#cli/terminal.ts";
import { loadSettings } from "#config/load.ts";
import type { InternalEvent } from "#domain/report.ts";
import { createReport } from "#observability/events.ts";
import { createLogger } from "#observability/logger.ts";
import type { State } from "../state.ts";
import { run } from "../up.ts";
import { playInstruments } from "./instruments.ts";
import { layOutLab, watched } from "./lab.ts";
import { narrate } from "./narrate.ts";
import { summarise } from "./summary.ts";

/**
 * Plays a lab: instruments write slowly, in pieces, through temporary names; every step is told on the side, and the
 * summary says why each file ended as it did.
 */
export async function demo({ untilIdle, keep, json }: DemoOptions): Promise<number> {
	const terminal = processTerminal();
	const directory = keep ?? (await mkdtemp(join(tmpdir(), "watchrabbit-demo-")));
	try {
		return await play(directory, { untilIdle, keep, json }, terminal);
	} finally {
		if (keep === undefined) await rm(directory, { recursive: true, force: true });
	}
}

async function play(directory: string, { untilIdle, keep, json }: DemoOptions, terminal: Terminal): Promise<number> {
	const loaded = await loadSettings(await layOutLab(directory), process.env);
	const logger = createLogger({ level: "silent", pretty: false, colours: false });
	const ending = new AbortController();
	const stopPlaying = new AbortController();
	terminal.tell(`The lab is in ${directory}${keep === undefined ? ", and is removed at the end" : ""}.\n`);
	let playing: Promise<void> = Promise.resolve();
	try {
		return await run(loaded, {
			roles: ["watch", "flow", "work", "serve"],
			untilIdle: false,
			ending: ending.signal,
			observe: (health, metrics) => {
				const report = createReport({ logger, health, metrics });
				return (event: InternalEvent) => {
					report(event);
					narrate(event, terminal);
				};
			},
			onReady: (address, state, idle) => {
				terminal.tell(`The API is at ${address}/api/v1/results\n\n`);
				playing = finish(address, state, idle);
				playing.catch((thrown: unknown) => ending.abort(thrown));
			},
		});
	} finally {
		stopPlaying.abort();
		await playing;
	}

	async function finish(address: string | undefined, state: State, idle: () => Promise<void>): Promise<void> {
		await playInstruments(join(directory, watched), stopPlaying.signal);
		await idle();
		if (stopPlaying.signal.aborted) return;
		await summarise({ settings: loaded.settings, ...state }, terminal, json);
		if (untilIdle) ending.abort();
		else terminal.tell(`\nThe API stays at ${address}/api/v1/results; Ctrl-C ends the demo.\n`);
	}
}
