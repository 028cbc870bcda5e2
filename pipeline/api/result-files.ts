import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { permanent } from "#core/errors.ts";
import type { ArtifactRow, ResultRow } from "#core/ports/catalog-rows.ts";
import { cached } from "./cached.ts";
import type { ApiContext } from "./context.ts";
import { notFound } from "./problem.ts";
import { placeOf } from "./traced-requests.ts";

/** What a browser shows without running any of it; everything else is downloaded. */
const inert = new Set(["image/png", "image/jpeg", "image/gif", "text/plain", "text/csv", "application/json"]);

/** The bytes of a result: its manifest and its artifacts. */
export function serveResultFiles(app: FastifyInstance, context: ApiContext): void {
	app.get<{ Params: { id: string } }>("/api/v1/results/:id/manifest", async (request, reply) => {
		const { text, sha256 } = await manifestOf(context, request, request.params.id);
		if (unchanged(request, reply, sha256)) return reply;
		return reply.type("application/json; charset=utf-8").send(text);
	});

	app.get<{ Params: { id: string; "*": string } }>("/api/v1/results/:id/artifacts/*", async (request, reply) => {
		const artifact = await artifactOf(context, request, request.params.id, request.params["*"]);
		if (unchanged(request, reply, artifact.sha256)) return reply;
		await assertWhole(context, artifact);
		reply.headers({
			"content-type": artifact.mediaType,
			"content-length": artifact.size,
			"content-disposition": disposition(artifact),
			"content-security-policy": "sandbox; default-src 'none'",
		});
		const body = request.method === "HEAD" ? Readable.from([]) : await context.objects.get(artifact.objectKey);
		return reply.send(body);
	});
}

/** Sets the validator; true when the caller has these bytes already, and was told so. */
function unchanged(request: FastifyRequest, reply: FastifyReply, sha256: string): boolean {
	const etag = `"${sha256}"`;
	reply.headers({ etag, "cache-control": "private, no-cache" });
	const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
	if (!known?.some((tag) => tag === etag || tag === "*")) return false;
	reply.code(304).send();
	return true;
}

function manifestOf(context: ApiContext, request: FastifyRequest, id: string) {
	const { cache, catalog, objects } = context;
	return cached(cache, "manifest", [id], async () => {
		const filled = filling(context, request, "manifest");
		const result = await catalog.result(id);
		if (result === undefined) throw notFound(`result ${id}`, "List results at /api/v1/results.");
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

function disposition({ name, mediaType }: ArtifactRow): string {
	const kind = inert.has(mediaType.split(";")[0]?.trim().toLowerCase() ?? "") ? "inline" : "attachment";
	const base = name.slice(name.lastIndexOf("/") + 1);
	const ascii = base.replace(/[^\x20-\x7e]|["\\%]/g, "_");
	const encoded = encodeURIComponent(base.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
	return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
