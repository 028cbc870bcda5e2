import { z } from "zod";
import { duration, keys, wordings } from "./value-kinds.ts";

/** "99.9%" as 0.999. One that is to hold always leaves nothing to be alerted by. */
const share = z
	.string()
	.regex(/^(?!0+(\.0+)?%)\d{1,2}(\.\d+)?%$/)
	.transform((value) => Number((Number.parseFloat(value) / 100).toFixed(12)));
wordings.add(share, {
	expected: 'a share of more than 0 and less than 100 %, such as "99.9%"',
	fix: (value) => (typeof value === "number" && value > 1 ? `Write "${value}%"` : 'Write for example "99.9%".'),
});

const result = keys({
	within: duration({ zero: false }).describe("From an acquisition's being complete to its result.").prefault("15m"),
	of: share
		.describe(
			"Of all first results so many are to be there within that time. What is replayed, and what had lain for a day when it was found complete, does not count.",
		)
		.prefault("99%"),
});

const api = keys({
	of: share.describe("Of all answers so many are to be none that failed on our side.").prefault("99.9%"),
});

export const objectives = keys({
	result: result.describe("How soon there is to be a result.").prefault({}),
	api: api.describe("How often the API is to answer.").prefault({}),
});
