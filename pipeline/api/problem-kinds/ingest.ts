import type { ProblemKind } from "./problem-kind.ts";

/** About files that are sent, or announced. */
export const ingestProblems = {
	DIGEST_MISMATCH: {
		status: 400,
		title: "The body is not what was sent",
		meaning: "`Content-Digest` or `Repr-Digest` is of other bytes than those that came. Nothing was kept.",
	},
	UPLOAD_UNKNOWN: {
		status: 404,
		title: "There is no such upload",
		meaning: "It is over, was given up, or was not gone on with for a day. Begin anew.",
	},
	UPLOAD_OFFSET: {
		status: 409,
		title: "The upload goes on elsewhere",
		meaning: "`Upload-Offset` is not where the upload is: ask for that with HEAD, and go on from there.",
	},
	UPLOAD_BUSY: {
		status: 423,
		title: "A part of the upload is being sent",
		meaning: "Another connection sends a part of the same upload. Ask for its offset once that has ended.",
	},
	UPLOADS_TOO_MANY: {
		status: 429,
		title: "Too many uploads are open",
		meaning:
			"A source keeps 1000 uploads that have begun and are not over. Finish those, or give them up; what is not gone on with for a day goes by itself.",
	},
	FILE_EXISTS: {
		status: 409,
		title: "Something else is there",
		meaning:
			"A file with other content has that path, or a directory has. What is there is replaced only for who says which content: `If-Match` with its SHA-256 in quotes, or `*`.",
	},
	TUS_VERSION: {
		status: 412,
		title: "Another version of tus",
		meaning: "Uploads in parts follow tus 1.0.0: every request of one says so by `Tus-Resumable: 1.0.0`.",
	},
	PRECONDITION_FAILED: {
		status: 412,
		title: "It is not as you said",
		meaning: "`If-None-Match: *` asks for a path at which nothing is, `If-Match` for a content that is not there.",
	},
	NOT_WATCHED_HERE: {
		status: 421,
		title: "Another host watches this source",
		meaning: "Files are sent to the host that watches the source; `detail` says which one that is, if any does.",
	},
	PATH_NOT_TAKEN: {
		status: 409,
		title: "The source takes no such file",
		meaning: "By the rules of the source a file of that path would be ignored for ever; `detail` names the rule.",
	},
	PATH_THROUGH_LINK: {
		status: 409,
		title: "The path leads through a link",
		meaning: "Links below a source are not followed: name a file by its path without them.",
	},
	OBJECT_KEY: {
		status: 409,
		title: "Not a path",
		meaning: "Relative, without `.`, `..`, empty parts and NUL, of at most 255 bytes a part and 1024 in all.",
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
} as const satisfies Readonly<Record<string, ProblemKind>>;
