import { permanent } from "#core/errors.ts";
import { pauseInWords } from "#domain/operation.ts";
import type { Paused } from "./paused.ts";
import type { WatchContext } from "./watch-role.ts";

type Judge = WatchContext["judge"];

/** A judge that refuses what a person put into quarantine, in whatever version it comes. */
export function quarantining(judge: Judge, paused: Pick<Paused, "file">): Judge {
	return async (unit, signal) => {
		const held = paused.file(unit.source, unit.path);
		if (held === undefined) return await judge(unit, signal);
		const fix = `Release it when it is right: watchrabbit release ${unit.source} PATH`;
		return { kind: "refused", cause: permanent("QUARANTINED", pauseInWords(held), { fix }) };
	};
}
