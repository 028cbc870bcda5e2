import { pauseInWords, targetInWords } from "#domain/operation.ts";
import { holdBack, pauseOn } from "../pauses.ts";
import type { Begin } from "./begun.ts";

/** A pause of a process, or of all; its progress is what is still under way. */
export const drain: Begin = async (turn, request, id) => {
	const { target } = request;
	const known = await pauseOn(turn, target);
	if (known !== undefined) return { state: "completed", already: true, message: pauseInWords(known) };
	await holdBack(turn, request, id);
	return { state: "requested", message: `${targetInWords(target)} is draining: nothing new begins` };
};
