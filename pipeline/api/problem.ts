import type { FastifyReply } from "fastify";
import { z } from "zod";
import { asWatchRabbitError, permanent, type WatchRabbitError } from "#core/errors.ts";
import { isProblemCode, type ProblemCode, problemKinds, problemType } from "./problems.ts";

export const problemForm = z
	.object({
		type: z.string().describe("What kind of problem it is: a URI of this server that says what it means."),
		title: z.string(),
		status: z.int(),
		code: z.string().describe("The kind once more, as the log and the command line name it."),
		detail: z.string().describe("What happened this time."),
		fix: z.string().exactOptional().describe("What to do."),
		requestId: z.string().describe("The log has it too."),
	})
	.meta({ id: "Problem", description: "Why a request was refused (RFC 9457)." });

/** What the HTTP server itself refused, by its status. */
const refusals: Readonly<Record<number, ProblemCode>> = {
	400: "REQUEST_INVALID",
	404: "NOT_FOUND",
	413: "PAYLOAD_TOO_LARGE",
	414: "URI_TOO_LONG",
	415: "MEDIA_TYPE_UNSUPPORTED",
	429: "TOO_MANY_REQUESTS",
};

export function problemCodeOf(error: WatchRabbitError): ProblemCode {
	if (isProblemCode(error.code)) return error.code;
	const status = (error.cause as { statusCode?: unknown } | undefined)?.statusCode;
	if (typeof status === "number" && status >= 400 && status < 500) return refusals[status] ?? "REQUEST_INVALID";
	return error.class === "transient" ? "UNAVAILABLE" : "INTERNAL";
}

/** RFC 9457. What is about this program or the services behind it, and not about the request, keeps its words for the log. */
export function sendProblem(reply: FastifyReply, thrown: unknown): FastifyReply {
	const error = asWatchRabbitError(thrown);
	const code = problemCodeOf(error);
	const { status, title, meaning } = problemKinds[code];
	const ours = (code === "INTERNAL" || code === "UNAVAILABLE") && error.code !== code;
	if ((status === 503 || status === 429) && !reply.hasHeader("retry-after"))
		reply.header("retry-after", retryAfter(error));
	if (status === 401) reply.header("www-authenticate", 'Bearer realm="watchrabbit"');
	// Of what was to be sent instead.
	reply.removeHeader("content-disposition").removeHeader("content-encoding");
	return reply
		.code(status)
		.type("application/problem+json")
		.header("cache-control", "no-store")
		.send({
			type: problemType(code),
			title,
			status,
			code,
			detail: ours ? meaning : error.message,
			...(ours || error.fix === undefined ? {} : { fix: error.fix }),
			requestId: reply.request.id,
		} satisfies z.input<typeof problemForm>);
}

/** In seconds: as the error knows it, or a few. */
function retryAfter(error: WatchRabbitError): string {
	const { againInMs } = error as { againInMs?: unknown };
	return typeof againInMs === "number" ? String(Math.max(1, Math.ceil(againInMs / 1000))) : "5";
}

export function notFound(what: string, fix: string): WatchRabbitError {
	return permanent("NOT_FOUND", `there is no ${what}`, { fix });
}
