import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { permanent } from "#core/errors.ts";
import type { Inlet, Promised, Terms } from "#core/ports/inlet.ts";
import { seesSource } from "#domain/access.ts";
import { fileForm } from "#domain/resource-forms.ts";
import { fileResource } from "#domain/resources.ts";
import { watchedElsewhere } from "#domain/watched-elsewhere.ts";
import type { ApiContext } from "./context.ts";
import { promisedDigests } from "./digests.ts";
import { eventsPath } from "./live/routes.ts";
import { notFound } from "./problem.ts";
import type { ProblemCode } from "./problems.ts";
import { type Route, route } from "./route.ts";
import { placeOf } from "./traced-requests.ts";

/** Who sends nothing for so long has gone. */
const longestPauseMs = 60_000;

const source = z.string().min(1);
const path = z.string().min(1).describe("Relative to the source's directory, / between the parts.");

const receivedForm = z
	.object({
		source: z.string(),
		path: z.string(),
		became: z
			.enum(["created", "unchanged", "replaced"])
			.describe("`unchanged`: the same content was there already, and nothing was written."),
		bytes: z.int().nonnegative(),
		sha256: z.string().regex(/^[0-9a-f]{64}$/),
	})
	.meta({ id: "ReceivedFile", description: "A file that was sent, and is durable." });

/** Of every route that brings files. */
export const inletProblems: readonly ProblemCode[] = [
	"NOT_FOUND",
	"NOT_WATCHED_HERE",
	"PATH_NOT_TAKEN",
	"PATH_THROUGH_LINK",
	"OBJECT_KEY",
	"SOURCE_UNREACHABLE",
];

/** Files that come over HTTP, or are announced there: from then on they are files like all others. */
export const ingest: readonly Route[] = [
	route({
		id: "getFile",
		method: "GET",
		path: "/api/v1/sources/{source}/files/{path*}",
		tag: "files",
		summary: "One file, as this host's ledger has it",
		needs: "read",
		params: { source, path },
		answers: { 200: { description: "There it is.", content: { "application/json": fileForm } } },
		handle: async ({ params: { source, path } }, { ledger, settings, scope }) => {
			const known = settings.sources.some(({ name }) => name === source) && seesSource(scope, source);
			const entry = known ? ledger.find(source, path) : undefined;
			if (entry === undefined) throw notFound(`file ${path} of ${source} here`, "List the files at /api/v1/files.");
			return fileResource(entry);
		},
	}),
	route({
		id: "putFile",
		method: "PUT",
		path: "/api/v1/sources/{source}/files/{path*}",
		tag: "files",
		summary: "Send a file into the directory of a source",
		description: [
			"The body is the file, of whatever media type, and is taken as it comes; a `Content-Encoding` is not undone. It is put there whole or not at all, and is durable once this is answered: what becomes of it from then on is what becomes of every file of the source.",
			"`Content-Digest` or `Repr-Digest` (RFC 9530; sha-256, sha-512) are held against what came. The same content again changes nothing and is answered 200. Other content is put in the place of what is there only with `If-Match`: the SHA-256 of what is to be replaced in quotes, or `*`. `If-None-Match: *` refuses whatever is there already.",
		].join("\n\n"),
		needs: "ingest",
		params: { source, path },
		takes: "*/*",
		answers: {
			201: {
				description: "It is there now, and was not before.",
				content: { "application/json": receivedForm },
				headers: { location: "Where it can be asked for.", etag: "Its SHA-256, for `If-Match`." },
			},
			200: {
				description: "It was there already, or took the place of another.",
				content: { "application/json": receivedForm },
			},
		},
		problems: [
			...inletProblems,
			"REQUEST_INVALID",
			"BODY_INCOMPLETE",
			"DIGEST_MISMATCH",
			"FILE_EXISTS",
			"PRECONDITION_FAILED",
			"PAYLOAD_TOO_LARGE",
			"MEDIA_TYPE_UNSUPPORTED",
			"DISK_FULL",
		],
		handle: async ({ params: { source, path }, request, reply }, context) => {
			const inlet = await inletOf(context, source);
			const [promised, terms] = [promisedOf(request), termsOf(request)];
			const received = await bodyOf(request, reply, (body) =>
				inlet.receive(path, body, promised, terms, placeOf(request)),
			);
			reply
				.code(received.became === "created" ? 201 : 200)
				.headers({ etag: `"${received.sha256}"`, location: request.url });
			return { source, path, ...received } satisfies z.input<typeof receivedForm>;
		},
	}),
	route({
		id: "announceFile",
		method: "POST",
		path: eventsPath,
		tag: "events",
		summary: "Announce a file",
		description:
			"For instruments that tell of what they have written, or are about to: the file is looked at now, and waited for, for ten minutes, if it is not there yet. Kafka's messages of a source with the form `announce` do the same. To announce a file twice is to announce it once.",
		needs: "ingest",
		body: z.strictObject({ source, path }).meta({ id: "Announcement" }),
		answers: {
			202: {
				description: "It will not be forgotten.",
				content: { "application/json": z.object({ source: z.string(), path: z.string() }).meta({ id: "Announced" }) },
			},
		},
		problems: inletProblems,
		handle: async ({ body: { source, path }, request }, context) => {
			const inlet = await inletOf(context, source);
			await inlet.announce(path, placeOf(request));
			return { source, path };
		},
	}),
];

/** @throws WatchRabbitError NOT_FOUND, NOT_WATCHED_HERE (permanent) */
export async function inletOf(
	{ inlets, settings, scope, ledger, catalog }: ApiContext,
	source: string,
): Promise<Inlet> {
	const known = settings.sources.some(({ name }) => name === source) && seesSource(scope, source);
	if (!known) throw notFound(`source ${source}`, "List the sources at /api/v1/sources.");
	const inlet = inlets?.get(source);
	if (inlet?.isOurs()) return inlet;
	const holder = (await watchedElsewhere({ ledger, catalog }, [source], Date.now())).get(source);
	const by = holder === undefined ? "nobody watches it at the moment" : `${holder} watches it`;
	throw permanent("NOT_WATCHED_HERE", `source ${source} is not watched by this process: ${by}`, {
		fix: "Send it to the host that does; where a balancer chooses the host, let it choose by the path.",
	});
}

/**
 * The body as it comes. A part of a file by `Content-Range` is refused, as RFC 9110 has it (14.5): it is not the file.
 *
 * @throws WatchRabbitError REQUEST_INVALID (permanent)
 */
export async function bodyOf<T>(
	request: FastifyRequest,
	reply: FastifyReply,
	take: (body: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
	if (request.headers["content-range"] !== undefined) {
		throw permanent("REQUEST_INVALID", "Content-Range is not taken", {
			fix: "Send the file whole, or in parts by an upload: POST to the source's uploads.",
		});
	}
	const { socket } = request.raw;
	socket.setTimeout(longestPauseMs);
	try {
		const taken = await take((request.body ?? []) as AsyncIterable<Uint8Array>);
		reply.removeHeader("connection");
		return taken;
	} finally {
		socket.setTimeout(0);
	}
}

function promisedOf({ headers }: FastifyRequest): Promised {
	const { "content-length": length, "content-encoding": encoding } = headers;
	if (encoding !== undefined && encoding !== "identity") {
		throw permanent("MEDIA_TYPE_UNSUPPORTED", `the body is encoded (${encoding})`, {
			fix: "Send the bytes of the file as they are to lie there.",
		});
	}
	const digests = promisedDigests(headers["content-digest"], headers["repr-digest"]);
	return length === undefined ? digests : { ...digests, bytes: Number(length) };
}

export function termsOf({ headers }: FastifyRequest): Terms {
	const { "if-match": match, "if-none-match": noneMatch } = headers;
	if (noneMatch !== undefined && noneMatch !== "*") {
		throw permanent("REQUEST_INVALID", "If-None-Match takes * here, and nothing else", {
			fix: "Write If-None-Match: *.",
		});
	}
	const tags = match?.split(",").map((tag) => tag.trim().replace(/^"(.*)"$/, "$1"));
	return { onlyNew: noneMatch === "*", replacing: tags?.includes("*") ? "*" : tags };
}
