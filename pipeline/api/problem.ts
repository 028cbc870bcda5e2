import { STATUS_CODES } from "node:http";
import type { FastifyReply } from "fastify";
import { asWatchRabbitError, permanent, type WatchRabbitError } from "#core/errors.ts";

/** Codes that say what the caller did, with the status that tells it. */
export const statuses: Readonly<Record<string, number>> = {
	FILTER_UNKNOWN: 400,
	FILTER_UNSUPPORTED: 400,
	FILTER_INVALID: 400,
	CURSOR_INVALID: 400,
	LOG_LEVEL_INVALID: 400,
	NOT_FROM_HERE: 403,
	NOT_FOUND: 404,
	DRAINING: 503,
};

export function statusOf(error: WatchRabbitError): number {
	return statuses[error.code] ?? requestStatus(error) ?? (error.class === "transient" ? 503 : 500);
}

/** What the HTTP server itself refused (a URL too long, a body nobody asked for) knows its status. */
function requestStatus({ cause }: WatchRabbitError): number | undefined {
	const status = (cause as { statusCode?: unknown } | undefined)?.statusCode;
	return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}

/** RFC 9457. A fault keeps its words for the log: they are about this program, not about the request. */
export function sendProblem(reply: FastifyReply, thrown: unknown): FastifyReply {
	const error = asWatchRabbitError(thrown);
	const status = statusOf(error);
	const hidden = status === 500 && error.class === "fault";
	if (status === 503) reply.header("retry-after", "5");
	return reply
		.code(status)
		.type("application/problem+json")
		.send({
			type: "about:blank",
			title: STATUS_CODES[status],
			status,
			code: error.code,
			detail: hidden ? "an unexpected error; the log has the details" : error.message,
			fix: error.fix,
		});
}

export function notFound(what: string, fix: string): WatchRabbitError {
	return permanent("NOT_FOUND", `there is no ${what}`, { fix });
}
