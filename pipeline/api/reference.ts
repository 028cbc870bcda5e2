import { z } from "zod";
import { openApiDocument } from "./openapi.ts";
import { referencePage } from "./reference-page.ts";
import { type Route, route } from "./route.ts";

/** The routes as others read them: a document for programs, a page for people. */
export function referenceRoutes(others: readonly Route<never>[], anybody: boolean): readonly Route<unknown>[] {
	const own: readonly Route<unknown>[] = [
		route({
			id: "getOpenApi",
			method: "GET",
			path: "/api/v1/openapi.json",
			tag: "reference",
			summary: "This API as OpenAPI 3.1",
			needs: "nothing",
			answers: {
				200: { description: "The document.", content: { "application/json": z.record(z.string(), z.unknown()) } },
			},
			handle: async ({ reply }) => reply.type("application/json; charset=utf-8").send(document().json),
		}),
		route({
			id: "getReference",
			method: "GET",
			path: "/api/v1/reference",
			tag: "reference",
			summary: "This API as a page",
			needs: "nothing",
			answersAnyway: true,
			answers: { 200: { description: "The page.", content: { "text/html": "text" } } },
			handle: async ({ reply }) =>
				reply
					.type("text/html; charset=utf-8")
					.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
					.send(document().page),
		}),
	];
	let made: { readonly json: string; readonly page: string } | undefined;
	const document = () => {
		if (made === undefined) {
			const document = openApiDocument([...others, ...own], anybody);
			made = { json: JSON.stringify(document), page: referencePage(document) };
		}
		return made;
	};
	return own;
}
