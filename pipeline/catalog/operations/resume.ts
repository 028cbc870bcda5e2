import { targetInWords } from "#domain/operation.ts";
import { letGo, pauseOn } from "../pauses.ts";
import type { Begin } from "./begun.ts";

/** From this turn on its jobs can be claimed; their hints, which were acknowledged, are put into the outbox again after it. */
export const resume: Begin = async (turn, { target }) => {
	const known = await pauseOn(turn, target);
	await letGo(turn, target);
	const name = targetInWords(target);
	if (known === undefined) return { state: "completed", already: true, message: `${name} is not held back` };
	const hasHints = target.type === "pipeline" || target.type === "pool" || target.type === "everything";
	return { state: hasHints ? "requested" : "completed", message: `${name} goes on` };
};
