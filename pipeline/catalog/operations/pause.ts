import { pauseInWords, targetInWords } from "#domain/operation.ts";
import { holdBack, pauseOn } from "../pauses.ts";
import type { Begin } from "./begun.ts";

/** From this turn on nobody begins an attempt; who watches hears of it within seconds. */
export const pause: Begin = async (turn, request, id) => {
	const { target } = request;
	const known = await pauseOn(turn, target);
	if (known !== undefined) return { state: "completed", already: true, message: pauseInWords(known) };
	await holdBack(turn, request, id);
	const meanwhile =
		target.type === "source"
			? "its files are noticed and settle, and are published when it is resumed"
			: "its jobs wait in the queue until it is resumed; what runs is finished";
	return { state: "completed", message: `${targetInWords(target)} is paused: ${meanwhile}` };
};
