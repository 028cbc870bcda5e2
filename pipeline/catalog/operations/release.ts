import { targetInWords } from "#domain/operation.ts";
import { letGo } from "../pauses.ts";
import type { Begin } from "./begun.ts";

/** Whether it was in quarantine at all, the ledger knows. */
export const release: Begin = async (turn, { target }) => {
	await letGo(turn, target);
	return { state: "requested", message: `${targetInWords(target)} is to be looked at again` };
};
