import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, it } from "vitest";
import { openApiDocument, problemsOf } from "#api/openapi.ts";
import { operations } from "#api/operations.ts";
import { problemKinds, problemType } from "#api/problems.ts";
import { referenceRoutes } from "#api/reference.ts";
import { referencePage } from "#api/reference-page.ts";
import { routes } from "#api/routes.ts";

const all = [...operations, ...routes];
const every = [...all, ...referenceRoutes(all, false)].filter(({ forBrowsers }) => !forBrowsers);
const document = openApiDocument([...all, ...referenceRoutes(all, false)], false) as {
	readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>;
};

describe("the OpenAPI document", () => {
	it("has nothing that Redocly's strictest rules warn of", async () => {
		const problems = await lintFromString({
			source: JSON.stringify(document),
			config: await createConfig({ extends: ["recommended-strict"] }),
		});
		expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
	});

	it("has every route, each under an id of its own", () => {
		const described = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
		expect(described).toHaveLength(every.length);
		expect(new Set(every.map(({ id }) => id)).size).toBe(every.length);
	});

	it("names every problem that a route can have by its status, and leads to what it means", () => {
		const kinds = new Map<string, object>(
			Object.entries(document.paths).flatMap(([path, methods]) =>
				Object.entries(methods).map(([method, { responses }]) => [`${method.toUpperCase()} ${path}`, responses]),
			),
		);
		for (const route of every) {
			const responses = kinds.get(`${route.method} ${route.path.replace("*}", "}")}`) as Record<string, object>;
			for (const code of problemsOf(route)) {
				expect(responses[problemKinds[code].status], `${route.id} ${code}`).toMatchObject({
					description: expect.stringContaining(problemType(code)),
				});
			}
		}
	});

	it("asks for credentials where they are needed, and nowhere else", () => {
		expect(document).toMatchObject({
			security: [{ bearer: [] }],
			paths: { "/health": { get: { security: [] } }, "/api/v1/problems": { get: { security: [] } } },
		});
		expect(openApiDocument(every, true)).toMatchObject({ security: [] });
	});
});

it("the page shows every operation, and nothing that a description says as HTML", () => {
	const page = referencePage(document);
	for (const { id } of every) expect(page).toContain(`id="${id}"`);
	const tampered = structuredClone(document) as unknown as { info: { summary: string } };
	tampered.info.summary = "<script>alert(1)</script>";
	expect(referencePage(tampered)).not.toContain("<script>");
});
