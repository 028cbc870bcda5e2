import { z } from "zod";

/** Kinds of values of a query string: what is given is text. */

export const text = z.string().min(1);

/** A whole number, decimal. */
export function whole(minimum: number, maximum: number) {
	return z
		.string()
		.regex(/^\d{1,15}$/, "not a whole number")
		.transform(Number)
		.refine((value) => value >= minimum && value <= maximum, `not between ${minimum} and ${maximum}`)
		.meta({ override: { type: "integer", minimum, maximum } });
}

/** One or several, repeated or with commas between them. */
export function anyOf<State extends string>(states: readonly State[]) {
	const split = (given: unknown) =>
		[given].flat().flatMap((part) => (typeof part === "string" ? part.split(",") : [part]));
	return z.preprocess(split, z.array(z.enum(states))).meta({
		override: { type: "array", items: { type: "string", enum: [...states] }, minItems: 1 },
		param: { style: "form", explode: false },
	});
}

/** ISO 8601, a day or a moment; milliseconds since the epoch inside. */
export const moment = z
	.union([z.iso.date(), z.iso.datetime({ offset: true })], "not a day or a time of ISO 8601, like 2026-11-21T08:00:00Z")
	.transform((iso) => Date.parse(iso))
	.meta({ override: { type: "string", anyOf: [{ format: "date" }, { format: "date-time" }] } });
