import { transient } from "#core/errors.ts";
import { type Outcome, retry } from "#core/outcome.ts";

/** What becomes of a message that a stage still holds when its graph is torn down: it is fine, and comes again. */
export const tornDown: Outcome = retry(transient("TORN_DOWN", "the pipeline was ended before this was done"));
