import { anyOf } from "../query.ts";

export const resultStates = anyOf(["current", "superseded"]).describe(
	"Of results that are the newest of their job, or that a newer one took the place of.",
);
