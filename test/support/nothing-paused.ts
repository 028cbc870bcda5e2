import type { Paused } from "#runtime/paused.ts";

/** For what does not care: nothing is ever held back. */
export const nothingPaused: Pick<Paused, "all" | "drained" | "source" | "file" | "onChange"> = {
	all: [],
	drained: undefined,
	source: () => undefined,
	file: () => undefined,
	onChange: () => () => {},
};
