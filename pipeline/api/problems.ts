interface ProblemKind {
	readonly status: number;
	readonly title: string;
	/** For who reads the page that the type leads to. */
	readonly meaning: string;
}

/**
 * Everything that the API refuses, by its stable code: the status and the type are the same wherever it comes from. What
 * has no line here is `UNAVAILABLE` if it may pass by itself, else `INTERNAL`, and keeps its words for the log.
 */
export const problemKinds = {
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
	DIGEST_MISMATCH: {
		status: 400,
		title: "The body is not what was sent",
		meaning:
			"`Content-Digest` or `Repr-Digest` is of other bytes than those that came. Nothing was kept: send it again.",
	},
	UNAUTHENTICATED: {
		status: 401,
		title: "Nobody is known by these credentials",
		meaning:
			"The route asks who you are: send an API key or an access token as `Authorization: Bearer ...`, or log in.",
	},
	FORBIDDEN: {
		status: 403,
		title: "Not allowed to you",
		meaning: "You are known, and your role does not allow this. An admin can give you another.",
	},
	CSRF_TOKEN_MISSING: {
		status: 403,
		title: "Not asked by a page of ours",
		meaning:
			"A browser sent its login along, but not the token that only our page was told: send what the login gave as `csrf` in the header `X-CSRF-Token`.",
	},
	NOT_FROM_HERE: {
		status: 403,
		title: "Only from the machine itself",
		meaning: "This is changed from the machine that the process runs on, and from nowhere else.",
	},
	FOREIGN_ORIGIN: {
		status: 403,
		title: "Not from a page of another server",
		meaning:
			"A browser sends its cookies along whatever page asks: a WebSocket is opened to pages of this server alone.",
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
	FILE_EXISTS: {
		status: 409,
		title: "Something else is there",
		meaning:
			"A file with other content has that path, or a directory has. What is there is replaced only for who says which content: `If-Match` with its SHA-256 in quotes, or `*`.",
	},
	PRECONDITION_FAILED: {
		status: 412,
		title: "It is not as you said",
		meaning: "`If-None-Match: *` asks for a path at which nothing is, `If-Match` for a content that is not there.",
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
	NOT_WATCHED_HERE: {
		status: 421,
		title: "Another host watches this source",
		meaning: "Files are sent to the host that watches the source; `detail` says which one that is, if any does.",
	},
	PATH_NOT_TAKEN: {
		status: 422,
		title: "The source takes no such file",
		meaning: "By the rules of the source a file of that path would be ignored for ever; `detail` names the rule.",
	},
	PATH_THROUGH_LINK: {
		status: 422,
		title: "The path leads through a link",
		meaning: "Links below a source are not followed: name a file by its path without them.",
	},
	OBJECT_KEY: {
		status: 422,
		title: "Not a path",
		meaning: "A path is relative, without `.`, `..`, empty parts and NUL, of at most 255 bytes a part and 1024 in all.",
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
	ARTIFACT_DAMAGED: {
		status: 500,
		title: "What is stored is not what was",
		meaning:
			"The object store does not have the bytes that the catalog promises. `watchrabbit verify` says what else is damaged.",
	},
	INTERNAL: {
		status: 500,
		title: "The program failed",
		meaning: "This is our fault. The log has the details under the id of the request.",
	},
	TOO_MANY_CLIENTS: {
		status: 503,
		title: "Too many clients follow what happens",
		meaning: "This process tells as many clients as it can. Ask another one, or this one later.",
	},
	SOURCE_UNREACHABLE: {
		status: 503,
		title: "The directory of the source is away",
		meaning: "It is a share that is not there, or is not watched yet. Send it again once it is back.",
	},
	DISK_FULL: {
		status: 507,
		title: "No space is left",
		meaning: "The file system on which it would lie is full. Nothing was kept.",
	},
	DRAINING: {
		status: 503,
		title: "This process is ending",
		meaning: "Another process answers, or this one does once it has started again. Ask again in a few seconds.",
	},
	OVERLOADED: {
		status: 503,
		title: "This process cannot keep up",
		meaning: "It has more to do than it can, and answers health and metrics alone. Ask again in a few seconds.",
	},
	UNAVAILABLE: {
		status: 503,
		title: "A service that is needed does not answer",
		meaning: "It passes by itself. `/health` says which one it is; ask again in a few seconds.",
	},
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof problemKinds;

export function isProblemCode(code: string): code is ProblemCode {
	return Object.hasOwn(problemKinds, code);
}

/** A URI by which programs tell problems apart; a person who opens it at this server reads what it means. */
export function problemType(code: ProblemCode): string {
	return `/api/v1/problems/${code.toLowerCase().replaceAll("_", "-")}`;
}
