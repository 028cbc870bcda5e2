import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { asWatchRabbitError } from "#core/errors.ts";
import type { Observed } from "../context.ts";
import type { Column } from "./columns.ts";
import type { Format } from "./formats.ts";

export interface Sending {
	readonly name: string;
	readonly mediaType: string;
	readonly request: FastifyRequest;
	readonly reply: FastifyReply;
	readonly context: Pick<Observed, "report">;
}

/** A whole list. What is refused is refused before anything is sent; what breaks off later is told, and leaves no whole answer. */
export async function sendWhole(
	{ name, mediaType, request, reply, context }: Sending,
	{ write, extension }: Format,
	columns: readonly Column[],
	rows: AsyncGenerator<readonly object[]>,
): Promise<FastifyReply> {
	const first = await rows.next();
	reply.headers({
		"content-type": mediaType === "text/csv" ? "text/csv; charset=utf-8; header=present" : mediaType,
		"content-disposition": `attachment; filename="${name}.${extension}"`,
		"cache-control": "no-store",
	});
	// Of HEAD the body is read to its end, and thrown away.
	if (request.method === "HEAD") {
		await rows.return(undefined);
		return reply.send("");
	}
	async function* all() {
		if (!first.done) yield first.value;
		yield* rows;
	}
	async function* told() {
		try {
			yield* write(columns, all());
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			context.report({ event: "request.failed", method: request.method, route: request.url, error });
			throw thrown;
		}
	}
	return reply.send(Readable.from(told()));
}
