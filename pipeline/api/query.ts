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

const parts = (given: unknown) =>
	[given].flat().flatMap((part) => (typeof part === "string" ? part.split(",") : [part]));

/** One or several of these, repeated or with commas between them. */
export function anyOf<const Value extends string>(values: readonly Value[]) {
	return z.preprocess(parts, z.array(z.enum(values)).min(1)).meta({
		override: { type: "array", items: { type: "string", enum: [...values] }, minItems: 1 },
		param: { style: "form", explode: false },
	});
}

/** One or several, repeated or with commas between them. */
export const several = z.preprocess(parts, z.array(text).min(1).max(200)).meta({
	override: {
		type: "array",
		items: { type: "string", minLength: 1, pattern: "^[^,]+$" },
		minItems: 1,
		maxItems: 200,
	},
	param: { style: "form", explode: false },
});

/** One or several, repeated, 20 at most: each is a condition of its own. Commas may be in them. */
export function repeated(form: RegExp, expected: string, example: string) {
	return z
		.preprocess(
			(given) => [given].flat(),
			z
				.array(z.string().regex(form, `not ${expected}`))
				.min(1)
				.max(20),
		)
		.meta({
			override: {
				type: "array",
				items: { type: "string", pattern: form.source, examples: [example] },
				minItems: 1,
				maxItems: 20,
			},
		});
}

/** ISO 8601, a day or a moment; milliseconds since the epoch inside. */
export const moment = z
	.union([z.iso.date(), z.iso.datetime({ offset: true })], "not a day or a time of ISO 8601, like 2026-11-21T08:00:00Z")
	.transform((iso) => Date.parse(iso))
	.meta({ override: { type: "string", anyOf: [{ format: "date" }, { format: "date-time" }] } });
