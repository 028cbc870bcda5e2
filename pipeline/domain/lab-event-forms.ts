import { z } from "zod";
import { jobEvents } from "./job.ts";

/** What is told of what happens, by the API, RabbitMQ and Kafka alike: what is sure to be there, and more may be. */

export const eventTime = z.iso.datetime().describe("When it happened.");
const id = (of: string) => z.string().min(1).describe(`Id of the ${of}.`);

/** What became of a job, and what of it never changes. */
export const jobEventForm = z.looseObject({
	at: eventTime,
	state: z
		.enum(jobEvents)
		.describe("What it has come to; `executed`: R has run to its end, and what comes of it follows."),
	detail: z.string().describe("In plain words."),
	id: id("job"),
	pipeline: z.string(),
	source: z.string(),
	pool: z.string(),
	acquisition: id("acquisition that it was made for"),
	analysis: z.looseObject({ file: z.string(), digest: z.string() }),
	params: z.record(z.string(), z.unknown()),
});

/** `committed`: with all that the resource has. */
export const resultEventForm = z.looseObject({
	at: eventTime,
	id: id("result"),
	job: id("job"),
	pipeline: z.string(),
	source: z.string(),
	acquisition: z.looseObject({ id: id("acquisition"), key: z.string() }),
});

export const acquisitionEventForm = z.looseObject({
	at: eventTime,
	id: id("acquisition"),
	source: z.string(),
	key: z.string().describe("What it is within its source."),
	detail: z.string().describe("In plain words."),
});
