import { pauseInWords, targetInWords } from "#domain/operation.ts";
import { holdBack, pauseOn } from "../pauses.ts";
import type { Begin } from "./begun.ts";

/** A pause of a file, so that whichever host watches it next knows of it; the ledger is where the file is. */
export const quarantine: Begin = async (turn, request, id) => {
	const { target } = request;
	const known = await pauseOn(turn, target);
	if (known !== undefined) return { state: "completed", already: true, message: pauseInWords(known) };
	await holdBack(turn, request, id);
	return { state: "requested", message: `${targetInWords(target)} goes into quarantine` };
};
