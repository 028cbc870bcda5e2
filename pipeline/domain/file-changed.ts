import { transient, type WatchRabbitError } from "#core/errors.ts";
import { displayPath, type PathString } from "./path.ts";

/** Of a file that is not what it was when its digest was taken: nothing was stored. */
export function fileChanged(file: PathString, says: string): WatchRabbitError {
	return transient("FILE_CHANGED", `${displayPath(file)} changed before it was stored: ${says}`, {
		fix: "Nothing to do: it is stored once it keeps still.",
	});
}
