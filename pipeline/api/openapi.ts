import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from "zod-openapi";
import { version } from "#core/version.ts";
import { problemForm } from "./problem.ts";
import { type ProblemCode, problemKinds, problemType } from "./problems.ts";
import type { Answer, Route } from "./route.ts";
import { tags } from "./tags.ts";

/**
 * The OpenAPI 3.1 document of the routes, from the same declarations that they are served by. `anybody`: nobody has to say
 * who he is.
 */
export function openApiDocument(routes: readonly Route<never>[], anybody: boolean): object {
	const operations = routes.filter(({ forBrowsers }) => !forBrowsers);
	const paths = Map.groupBy(operations, ({ path }) => path.replace(/\*\}$/, "}"));
	return createDocument({
		openapi: "3.1.1",
		info: {
			title: "WatchRabbit",
			version: version(),
			summary: "What instruments wrote, what became of it, and the proof.",
			description:
				"Times are ISO 8601 in UTC, durations seconds, sizes bytes. What is not there is null. A refusal is problem+json (RFC 9457), and its type leads to a page that says what it means.",
			license: { name: "Apache-2.0", identifier: "Apache-2.0" },
		},
		servers: [{ url: "/", description: "This server." }],
		tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
		security: anybody ? [] : [{ bearer: [] }],
		paths: Object.fromEntries(
			[...paths].map(([path, ofPath]) => [
				path,
				Object.fromEntries(ofPath.map((route) => [route.method.toLowerCase(), operation(route)])),
			]),
		),
		...(!anybody && {
			components: {
				securitySchemes: {
					bearer: { type: "http", scheme: "bearer", description: "An API key, or an access token." },
				},
			},
		}),
	});
}

function operation(route: Route<never>): ZodOpenApiOperationObject {
	const { id, tag, summary, description, needs, params, query, headers, body, takes } = route;
	return {
		operationId: id,
		tags: [tag],
		summary,
		...(description && { description }),
		...(needs === "nothing" && { security: [] }),
		requestParams: {
			...(params && { path: z.object(params) }),
			...(query && { query: z.object(query) }),
			...(headers && { header: z.object(headers) }),
		},
		...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
		...(takes && { requestBody: { required: true, content: { [takes]: {} } } }),
		responses: { ...answers(route), ...(route.method === "GET" && unchanged), ...refusals(route) },
	};
}

/** What is a text, or has a digest, can be asked for again by its validator. */
const unchanged = { "304": { description: "You have it already (`If-None-Match`)." } };

function answers({ answers }: Route<never>): ZodOpenApiResponsesObject {
	return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)]));
}

function response({ description, content, headers, links }: Answer) {
	const media = Object.entries(content ?? {}).map(([type, form]) => [
		type,
		form === "bytes" ? {} : { schema: form === "text" ? z.string() : form },
	]);
	return {
		description,
		...(content && { content: Object.fromEntries(media) }),
		...(links && {
			links: Object.fromEntries(
				Object.entries(links).map(([operationId, parameters]) => [operationId, { operationId, parameters }]),
			),
		}),
		...(headers && {
			headers: Object.fromEntries(
				Object.entries(headers).map(([name, says]) => [
					name,
					{ description: says, schema: { type: "string" as const } },
				]),
			),
		}),
	};
}

/** What a route may refuse: what it says itself, and what follows from what it declares. */
export function problemsOf(route: Route<never>): ReadonlySet<ProblemCode> {
	const { needs, params, query, body, answersAnyway, problems = [] } = route;
	const authenticated: readonly ProblemCode[] = ["UNAUTHENTICATED", "FORBIDDEN"];
	const written: readonly ProblemCode[] = [
		"REQUEST_INVALID",
		"PAYLOAD_TOO_LARGE",
		"MEDIA_TYPE_UNSUPPORTED",
		"BODY_INVALID",
	];
	return new Set([
		"REQUEST_INVALID",
		...(needs === "nothing" ? [] : authenticated),
		...(query || params ? (["FILTER_UNKNOWN", "FILTER_INVALID"] as const) : []),
		...(params ? (["NOT_FOUND"] as const) : []),
		...(answersAnyway ? [] : (["NOT_ACCEPTABLE"] as const)),
		...(body ? written : []),
		...problems,
		"TOO_MANY_REQUESTS",
		"INTERNAL",
		"DRAINING",
		"OVERLOADED",
		"UNAVAILABLE",
	]);
}

function refusals(route: Route<never>): ZodOpenApiResponsesObject {
	const byStatus = Map.groupBy(problemsOf(route), (code) => problemKinds[code].status);
	const told = [...byStatus].map(([status, codes]) => [
		status,
		{
			description: codes.map((code) => `[${problemKinds[code].title}](${problemType(code)})`).join(", "),
			content: { "application/problem+json": { schema: problemForm } },
		},
	]);
	return Object.fromEntries(told);
}
