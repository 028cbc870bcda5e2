import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { FastifyReply, FastifyRequest } from "fastify";
import parseRange from "range-parser";
import { z } from "zod";
import { permanent, type WatchRabbitError } from "#core/errors.ts";
import type { ArtifactRow, ResultRow } from "#core/ports/catalog-rows.ts";
import { manifestSchema } from "#domain/manifest-schema.ts";
import { cached } from "./cached.ts";
import type { ApiContext } from "./context.ts";
import { notFound } from "./problem.ts";
import { type Route, route } from "./route.ts";
import { placeOf } from "./traced-requests.ts";
import { isUnchanged } from "./validator.ts";

/** What a browser shows without running any of it; everything else is downloaded. */
const inert = new Set(["image/png", "image/jpeg", "image/gif", "text/plain", "text/csv", "application/json"]);

const id = z.string();

/** The bytes of a result: its manifest and its artifacts. */
export const resultFiles: readonly Route[] = [
	route({
		id: "getManifest",
		method: "GET",
		path: "/api/v1/results/{id}/manifest",
		tag: "results",
		summary: "The proof of a result, byte for byte",
		needs: "read",
		params: { id },
		answers: {
			200: {
				description: "manifest.json; its SHA-256 is the ETag.",
				content: { "application/json": manifestSchema },
			},
		},
		problems: ["NOT_FOUND"],
		handle: async ({ params, request, reply }, context) => {
			await assertSeen(context, params.id);
			const { text, sha256 } = await manifestOf(context, request, params.id);
			if (isUnchanged(request, reply, `"${sha256}"`)) return reply.code(304).send();
			return reply.type("application/json; charset=utf-8").send(text);
		},
	}),
	route({
		id: "getArtifact",
		method: "GET",
		path: "/api/v1/results/{id}/artifacts/{name*}",
		tag: "results",
		summary: "The bytes of an artifact",
		needs: "read",
		params: { id, name: z.string().describe("Its path within the result.") },
		description: "Whole, or a part of it by `Range`, which `If-Range` binds to the same bytes.",
		asItIs: true,
		answers: {
			200: { description: "The bytes; their SHA-256 is the ETag.", content: { "*/*": "bytes" } },
			206: { description: "The part that `Range` asks for.", content: { "*/*": "bytes" } },
		},
		problems: ["NOT_FOUND", "RANGE_INVALID", "ARTIFACT_DAMAGED"],
		handle: async ({ params, request, reply }, context) => {
			await assertSeen(context, params.id);
			const artifact = await artifactOf(context, request, params.id, params.name);
			if (isUnchanged(request, reply, `"${artifact.sha256}"`)) return reply.code(304).send();
			await assertWhole(context, artifact);
			reply.headers({
				"content-type": artifact.mediaType,
				"accept-ranges": "bytes",
				"content-disposition": disposition(artifact),
				"content-security-policy": "sandbox; default-src 'none'",
			});
			const part = partOf(request, reply, artifact);
			reply.header("content-length", part === undefined ? artifact.size : part.end - part.start + 1);
			if (part !== undefined) reply.code(206);
			const body = request.method === "HEAD" ? Readable.from([]) : await context.objects.get(artifact.objectKey, part);
			return reply.send(body);
		},
	}),
];

/** What is kept for all is given to who sees it. */
async function assertSeen({ scope, catalog }: ApiContext, id: string): Promise<void> {
	if (scope !== "everything" && (await catalog.result(id)) === undefined) throw noResult(id);
}

function noResult(id: string): WatchRabbitError {
	return notFound(`result ${id}`, "List results at /api/v1/results.");
}

function manifestOf(context: ApiContext, request: FastifyRequest, id: string) {
	const { cache, catalog, objects } = context;
	return cached(cache, "manifest", [id], async () => {
		const filled = filling(context, request, "manifest");
		const result = await catalog.result(id);
		if (result === undefined) throw noResult(id);
		const bytes = await buffer(await objects.get(result.manifestKey));
		filled(result);
		return { text: bytes.toString("utf8"), sha256: result.manifestSha256 };
	});
}

function artifactOf(context: ApiContext, request: FastifyRequest, result: string, name: string): Promise<ArtifactRow> {
	const { cache, catalog } = context;
	return cached(cache, "artifact", [result, name], async () => {
		const filled = filling(context, request, "artifact");
		const [artifact] = (await catalog.artifacts({ limit: 1, filter: { result, name } })).items;
		if (artifact === undefined) {
			throw notFound(`artifact ${name} of a result ${result}`, `List them at /api/v1/artifacts?result=${result}.`);
		}
		// Only a trace asks for more than was asked for.
		if (context.tracer.on) filled(await catalog.result(result));
		return artifact;
	});
}

/** What is read for the cache is a hop of the job that it comes from: to be told of when it was. */
function filling({ tracer }: ApiContext, request: FastifyRequest, what: string): (of: ResultRow | undefined) => void {
	const startMs = tracer.now();
	const place = placeOf(request);
	return (of) => {
		if (of === undefined) return;
		const attributes = { "watchrabbit.answer": what, "watchrabbit.result": of.id, "watchrabbit.job": of.job };
		const details = { attributes, links: place === undefined ? [] : [place] };
		tracer.record("cache fill", of, { startMs, endMs: tracer.now() }, details);
	};
}

/** A length is promised before the bytes are read: what is stored must have it. */
async function assertWhole({ objects }: ApiContext, { objectKey, size, name }: ArtifactRow): Promise<void> {
	const stored = await objects.head(objectKey);
	if (stored?.size === size) return;
	const what = stored === undefined ? "is gone from" : `has ${stored.size} bytes instead of ${size} in`;
	throw permanent("ARTIFACT_DAMAGED", `artifact ${name} ${what} the object store`, {
		fix: "Run `watchrabbit verify` to see what else is damaged, and replay the job.",
	});
}

/**
 * The part that is asked for; undefined: all of it, also where several parts are, or where they are asked for of other
 * bytes (RFC 9110, 14.2 and 13.1.5).
 *
 * @throws WatchRabbitError RANGE_INVALID (permanent)
 */
function partOf(request: FastifyRequest, reply: FastifyReply, { size, sha256, name }: ArtifactRow) {
	const { range, "if-range": of } = request.headers;
	if (range === undefined || (of !== undefined && of !== `"${sha256}"`)) return undefined;
	const parts = parseRange(size, range);
	if (parts === -1) {
		reply.header("content-range", `bytes */${size}`);
		throw permanent("RANGE_INVALID", `artifact ${name} has ${size} bytes`, { fix: "Ask for some of these." });
	}
	if (parts === -2 || parts.type !== "bytes" || parts.length !== 1) return undefined;
	const [part] = parts;
	if (part !== undefined) reply.header("content-range", `bytes ${part.start}-${part.end}/${size}`);
	return part;
}

function disposition({ name, mediaType }: ArtifactRow): string {
	const kind = inert.has(mediaType.split(";")[0]?.trim().toLowerCase() ?? "") ? "inline" : "attachment";
	const base = name.slice(name.lastIndexOf("/") + 1);
	const ascii = base.replace(/[^\x20-\x7e]|["\\%]/g, "_");
	const encoded = encodeURIComponent(base.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
	return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
