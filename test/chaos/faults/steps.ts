import { setTimeout as pause } from "node:timers/promises";
import { dyingAt } from "../dying.ts";
import { dyingWords, stepNames, steps } from "../steps.ts";
import type { Fault } from "./fault.ts";

const mostTurns = 5;
const comesThereWithinMs = 20_000;

/** A process that dies between two steps on the way of a file, the n-th time it comes there. */
export const stepFaults: readonly Fault[] = stepNames.map((step) => ({
	name: `steps.${step}`,
	run: async (site, random) => {
		const turn = 1 + Math.floor(random() * mostTurns);
		await site.withRole(steps[step], random, async (process) => {
			await process.kill();
			const dying = process.launch(dyingAt(step, turn));
			await Promise.race([dying.ended, pause(comesThereWithinMs)]);
			const { stderr } = await dying.stop("SIGKILL");
			const came = stderr.includes(dyingWords(step));
			site.tell(`${process.name} ${came ? "died there" : "did not come there"}, turn ${turn}`);
			await process.start();
		});
	},
}));
