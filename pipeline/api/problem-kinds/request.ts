import type { ProblemKind } from "./problem-kind.ts";

/** About what is asked. */
export const requestProblems = {
	REQUEST_INVALID: {
		status: 400,
		title: "The request cannot be read",
		meaning: "The URL, a header or the body is not what HTTP or the route allows; `detail` names it.",
	},
	FILTER_UNKNOWN: {
		status: 400,
		title: "Unknown query parameter",
		meaning: "A parameter of the query is none of the route's; `fix` lists those that are.",
	},
	FILTER_INVALID: {
		status: 400,
		title: "Invalid value in the query",
		meaning: "A parameter of the query has a value that it cannot have; `detail` names it and says why.",
	},
	BODY_INCOMPLETE: {
		status: 400,
		title: "The body ended too early",
		meaning: "Fewer or more bytes came than were announced. Nothing was kept.",
	},
	NOT_FOUND: {
		status: 404,
		title: "Not found",
		meaning: "There is nothing of this name, or nothing that your projects let you see.",
	},
	CURSOR_INVALID: {
		status: 404,
		title: "There is no such page",
		meaning: "A cursor is valid for the list, the filters and the order that gave it. Begin without one.",
	},
	TARGET_UNKNOWN: {
		status: 404,
		title: "There is no such target",
		meaning: "What the operation is asked for is not there, or nothing that your projects let you see.",
	},
	METHOD_NOT_ALLOWED: {
		status: 405,
		title: "The method is not allowed here",
		meaning: "The path exists with other methods: the header `Allow` lists them.",
	},
	NOT_ACCEPTABLE: {
		status: 406,
		title: "None of the media types is offered",
		meaning: "The header `Accept` names none of the route's media types; `fix` lists those.",
	},
	FILTER_UNSUPPORTED: {
		status: 409,
		title: "This cannot be filtered by that",
		meaning: "The parameter is known, but not for this list, or not together with the others.",
	},
	SORT_UNSUPPORTED: {
		status: 409,
		title: "This cannot be sorted by that",
		meaning: "There is no such order, or only together with a filter: `fix` names it.",
	},
	SERIES_TOO_LARGE: {
		status: 409,
		title: "That is too much for one answer",
		meaning: "There are more measurements or lines than one answer is made of; narrow it by name, time or group.",
	},
	OPERATION_REFUSED: {
		status: 409,
		title: "This cannot be done as it is",
		meaning: "What is asked for does not go with the state that its target is in; `detail` says which.",
	},
	SCRIPT_MISSING: {
		status: 409,
		title: "The analysis is not there",
		meaning: "The script or a file of it is missing where the configuration says: put it there.",
	},
	PAYLOAD_TOO_LARGE: {
		status: 413,
		title: "The body is too large",
		meaning: "The body has more bytes than the route takes.",
	},
	URI_TOO_LONG: {
		status: 414,
		title: "The URL is too long",
		meaning: "A part of the URL is longer than any name that there is.",
	},
	MEDIA_TYPE_UNSUPPORTED: {
		status: 415,
		title: "The body's media type is not taken",
		meaning: "The header `Content-Type` is none of those that the route takes.",
	},
	RANGE_INVALID: {
		status: 416,
		title: "There are no such bytes",
		meaning: "The header `Range` asks for bytes behind the end; `Content-Range` says how many there are.",
	},
	BODY_INVALID: {
		status: 422,
		title: "The body is not what the route takes",
		meaning:
			"It is readable JSON, and a field is missing, unknown or has a value that it cannot have; `detail` names it.",
	},
	IDEMPOTENCY_KEY_REUSED: {
		status: 422,
		title: "The key was used for something else",
		meaning: "The same `Idempotency-Key` came with another request before: take a new one for each thing to be done.",
	},
	TOO_MANY_REQUESTS: {
		status: 429,
		title: "Too many requests",
		meaning: "You asked more often than you may. `Retry-After` says in how many seconds you may again.",
	},
} as const satisfies Readonly<Record<string, ProblemKind>>;
