import type { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { z } from "zod";
import { displayPath } from "#domain/path.ts";
import type { ApiContext } from "./context.ts";
import { notFound } from "./problem.ts";
import { type Route, route } from "./route.ts";

/** Pictures, Parquet and the like are compressed already. */
const worthIt = /^(text\/|application\/(json|xml|x-ndjson)|image\/svg)/;

/** A result with its proof, in one file. */
export const resultZip: readonly Route[] = [
	route({
		id: "getResultZip",
		method: "GET",
		path: "/api/v1/results/{id}/zip",
		tag: "results",
		summary: "A result in one file: its manifest and all its artifacts",
		needs: "read",
		asItIs: true,
		params: { id: z.string() },
		answers: {
			200: {
				description: "manifest.json, and the artifacts below artifacts/.",
				content: { "application/zip": "bytes" },
			},
		},
		problems: ["NOT_FOUND"],
		handle: async ({ params: { id }, request, reply }, context) => {
			const result = await context.catalog.result(id);
			if (result === undefined) throw notFound(`result ${id}`, "List results at /api/v1/results.");
			reply.headers({
				"content-type": "application/zip",
				"content-disposition": `attachment; filename="${id}.zip"`,
				"cache-control": "no-store",
			});
			if (request.method === "HEAD") return reply.send("");
			const keys = await keysOf(context, id);
			return reply.send(
				zipped(
					context,
					[{ name: "manifest.json", key: result.manifestKey, compress: true }, ...keys],
					result.completedAt,
				),
			);
		},
	}),
];

interface Entry {
	readonly name: string;
	readonly key: string;
	readonly compress: boolean;
}

async function keysOf({ catalog }: ApiContext, result: string): Promise<Entry[]> {
	const entries: Entry[] = [];
	for await (const some of catalog.each("artifacts", { filter: { result }, order: "asc" })) {
		for (const { name, objectKey, mediaType } of some) {
			entries.push({ name: `artifacts/${within(name)}`, key: objectKey, compress: worthIt.test(mediaType) });
		}
	}
	return entries;
}

/** No name leads out of the directory that it is unpacked into, whatever an analysis called its file. */
function within(name: string): string {
	return displayPath(name)
		.replaceAll("\\", "_")
		.split("/")
		.map((part) => (/^\.{0,2}$/.test(part) ? "_" : part))
		.join("/");
}

/**
 * One object after the other, each opened when it is its turn: nothing is held but what is being written. Who stops reading
 * leaves nothing open; an object that cannot be read breaks off the answer, which then is no whole zip.
 */
function zipped({ objects }: ApiContext, entries: readonly Entry[], at: number): Readable {
	const zip = new ZipFile();
	const output = zip.outputStream as Readable;
	let current: Readable | undefined;
	zip.on("error", (error: Error) => output.destroy(error));
	output.once("close", () => current?.destroy());
	const open = async (key: string) => {
		current = await objects.get(key);
		if (output.destroyed) current.destroy();
		return current;
	};
	for (const { name, key, compress } of entries) {
		zip.addReadStreamLazy(name, { compress, mtime: new Date(at) }, (opened) => {
			open(key).then(
				(stream) => opened(null, stream),
				(thrown: unknown) => output.destroy(thrown as Error),
			);
		});
	}
	zip.end();
	return output;
}
