import { expect, it } from "vitest";
import { permissionsOf, scopeOf, seesPipeline, seesSource } from "#domain/access.ts";

const projects = [
	{ name: "elisa", sources: ["plates"], pipelines: ["fit", "plot"] },
	{ name: "cells", sources: ["plates", "images"], pipelines: ["count"] },
];

it("shows somebody what his projects have, each once", () => {
	expect(scopeOf({ projects: ["elisa", "cells"] }, projects)).toEqual({
		sources: ["plates", "images"],
		pipelines: ["fit", "plot", "count"],
	});
});

it("shows nothing of a project that the configuration no longer has", () => {
	const scope = scopeOf({ projects: ["gone"] }, projects);
	expect(scope).toEqual({ sources: [], pipelines: [] });
	expect(seesSource(scope, "plates") || seesPipeline(scope, "fit")).toBe(false);
});

it("shows everything to who has all projects", () => {
	const scope = scopeOf({ projects: "all" }, []);
	expect(seesSource(scope, "any") && seesPipeline(scope, "any")).toBe(true);
});

it("lets machines bring files and read, and nobody but an admin administer", () => {
	expect(permissionsOf.service).toEqual(["read", "ingest"]);
	expect(Object.entries(permissionsOf).filter(([, may]) => may.includes("administer"))).toHaveLength(1);
});
