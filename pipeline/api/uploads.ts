import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { permanent } from "#core/errors.ts";
import type { Upload } from "#core/ports/inlet.ts";
import { isoTime } from "#domain/resources.ts";
import { promisedDigests } from "./digests.ts";
import { bodyOf, inletOf, inletProblems, termsOf } from "./ingest.ts";
import { type Route, route } from "./route.ts";
import { placeOf } from "./traced-requests.ts";

const version = "1.0.0";
const tus = { "tus-resumable": version, "cache-control": "no-store" } as const;

/** Clients of tus say the first. */
const partTypes = ["application/offset+octet-stream", "application/octet-stream"];

/** Another one is refused as tus has it. */
const tusVersion = z
	.string()
	.optional()
	.meta({ override: { type: "string", const: version } });
const bytes = z.string().regex(/^\d{1,15}$/);

const uploadForm = z
	.object({
		id: z.string(),
		source: z.string(),
		path: z.string(),
		bytes: z.int().nonnegative(),
		offset: z.int().nonnegative().describe("So many are there, durably; the last one counts with the whole."),
		expiresAt: z.iso.datetime().describe("Until then it can be gone on with."),
	})
	.meta({ id: "Upload", description: "A file that comes in parts." });

const one = { source: z.string().min(1), id: z.string().min(1) };
const onePath = "/api/v1/sources/{source}/uploads/{id}";
const offsets = {
	"upload-offset": "So many bytes are there.",
	"upload-expires": "Until then it can be gone on with.",
};

/** Files in parts, over connections that break: tus 1.0.0, core, creation, expiration and termination (https://tus.io). */
export const uploads: readonly Route[] = [
	route({
		id: "createUpload",
		method: "POST",
		path: "/api/v1/sources/{source}/uploads",
		tag: "files",
		summary: "Begin to send a file in parts",
		description: [
			"tus 1.0.0: for files that are too large for one connection. `Upload-Length` says how many bytes it has, and `Upload-Metadata` where it is to lie: `path`, or `filename`, in base64. `Repr-Digest` of the whole, `If-Match` and `If-None-Match` are as for a file that is sent in one.",
			"It is gone on with at the `Location` of the answer, by any client of tus. What is not gone on with for a day is removed.",
		].join("\n\n"),
		needs: "ingest",
		params: { source: z.string().min(1) },
		headers: {
			"tus-resumable": tusVersion,
			"upload-length": bytes.describe("So many bytes the file has."),
			"upload-metadata": z
				.string()
				.meta({ override: { type: "string", pattern: "^path [A-Za-z0-9+/]{4}$" } })
				.describe("`path`, or `filename`, and the path in base64; more pairs after commas."),
		},
		answers: {
			201: {
				description: "It can begin.",
				content: { "application/json": uploadForm },
				headers: { location: "Where it goes on.", ...offsets },
			},
		},
		problems: [
			...inletProblems,
			"REQUEST_INVALID",
			"TUS_VERSION",
			"UPLOADS_TOO_MANY",
			"PAYLOAD_TOO_LARGE",
			"DISK_FULL",
		],
		handle: async ({ params: { source }, request, reply }, context) => {
			const inlet = await inletOf(context, source);
			requireVersion(request, reply);
			const upload = await inlet.begin({
				...promisedDigests(request.headers["repr-digest"]),
				path: pathIn(request),
				bytes: wholeNumber(request, "upload-length"),
				terms: termsOf(request),
			});
			// Of nothing no part is missing.
			if (upload.bytes === 0) await inlet.append(upload.id, 0, Readable.from([]), placeOf(request));
			reply
				.removeHeader("connection")
				.header("location", `/api/v1/sources/${encodeURIComponent(source)}/uploads/${upload.id}`);
			return told(reply, source, upload);
		},
	}),
	route({
		id: "getUpload",
		method: "GET",
		path: onePath,
		tag: "files",
		summary: "How far an upload is",
		needs: "ingest",
		params: one,
		answers: {
			200: {
				description: "There it is.",
				content: { "application/json": uploadForm },
				headers: { ...offsets, "upload-length": "So many it has." },
			},
		},
		problems: [...inletProblems, "UPLOAD_UNKNOWN"],
		handle: async ({ params: { source, id }, reply }, context) => {
			return told(reply, source, await (await inletOf(context, source)).upload(id));
		},
	}),
	route({
		id: "appendUpload",
		method: "PATCH",
		path: onePath,
		tag: "files",
		summary: "Go on with an upload",
		description:
			"The body is what follows from `Upload-Offset` on, as `application/offset+octet-stream`, which clients of tus say, or plain bytes. What has come when a connection breaks is kept. With the last byte the file is held against its digest and given its place, and the upload is over.",
		needs: "ingest",
		params: one,
		headers: { "tus-resumable": tusVersion, "upload-offset": bytes.describe("Where the body goes on.") },
		takes: "application/octet-stream",
		answers: {
			204: { description: "That part is durable.", headers: { "upload-offset": "So many bytes are there." } },
		},
		problems: [
			...inletProblems,
			"REQUEST_INVALID",
			"TUS_VERSION",
			"UPLOAD_UNKNOWN",
			"UPLOAD_OFFSET",
			"UPLOAD_BUSY",
			"MEDIA_TYPE_UNSUPPORTED",
			"PAYLOAD_TOO_LARGE",
			"DIGEST_MISMATCH",
			"FILE_EXISTS",
			"PRECONDITION_FAILED",
			"DISK_FULL",
		],
		handle: async ({ params: { source, id }, request, reply }, context) => {
			const inlet = await inletOf(context, source);
			requireVersion(request, reply);
			if (!partTypes.includes(request.headers["content-type"] ?? "")) {
				throw permanent("MEDIA_TYPE_UNSUPPORTED", `a part is ${partTypes.join(" or ")}`, {
					fix: "Say so by Content-Type.",
				});
			}
			const from = wholeNumber(request, "upload-offset");
			const { offset } = await bodyOf(request, reply, (body) => inlet.append(id, from, body, placeOf(request)));
			return reply
				.headers({ ...tus, "upload-offset": offset })
				.code(204)
				.send();
		},
	}),
	route({
		id: "abandonUpload",
		method: "DELETE",
		path: onePath,
		tag: "files",
		summary: "Give an upload up",
		needs: "ingest",
		params: one,
		answers: { 204: { description: "What had come of it is removed." } },
		problems: [...inletProblems, "UPLOAD_UNKNOWN", "UPLOAD_BUSY"],
		handle: async ({ params: { source, id }, reply }, context) => {
			await (await inletOf(context, source)).abandon(id);
			return reply.headers(tus).code(204).send();
		},
	}),
];

function told(reply: FastifyReply, source: string, { id, path, bytes, offset, expiresAt }: Upload) {
	reply.headers({
		...tus,
		"upload-offset": offset,
		"upload-length": bytes,
		"upload-expires": new Date(expiresAt).toUTCString(),
	});
	return { id, source, path, bytes, offset, expiresAt: isoTime(expiresAt) } satisfies z.input<typeof uploadForm>;
}

function requireVersion({ headers }: FastifyRequest, reply: FastifyReply): void {
	reply.header("tus-version", version);
	if (headers["tus-resumable"] === version) return;
	throw permanent("TUS_VERSION", `Tus-Resumable is ${headers["tus-resumable"] ?? "missing"}`, {
		fix: `Send Tus-Resumable: ${version}.`,
	});
}

function wholeNumber({ headers }: FastifyRequest, name: string): number {
	const text = headers[name];
	if (typeof text === "string" && /^\d{1,15}$/.test(text)) return Number(text);
	throw permanent("REQUEST_INVALID", `the header ${name} is no number of bytes`, { fix: "Say how many they are." });
}

/** `Upload-Metadata`: names and values in base64, with commas between the pairs. */
function pathIn({ headers }: FastifyRequest): string {
	const pairs = String(headers["upload-metadata"] ?? "").split(",");
	const values = new Map(pairs.map((pair) => pair.trim().split(" ")).map(([name, value = ""]) => [name, value]));
	const path = values.get("path") ?? values.get("filename");
	if (path !== undefined) return Buffer.from(path, "base64").toString("utf8");
	throw permanent("REQUEST_INVALID", "Upload-Metadata does not say where the file is to lie", {
		fix: "Send path, or filename, with the path in base64.",
	});
}
