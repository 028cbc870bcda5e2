import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import { operations } from "#api/operations.ts";
import { referenceRoutes } from "#api/reference.ts";
import type { Route } from "#api/route.ts";
import { routes } from "#api/routes.ts";
import { identifying } from "#app/access.ts";
import { systemClock } from "#core/clock.ts";
import { permanent } from "#core/errors.ts";
import { type AccessRole, accessRoles, type Permission, type Principal, permissionsOf } from "#domain/access.ts";
import { openAccess } from "#domain/access-settings.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { elisa } from "#test/support/elisa.ts";
import { SmallLab } from "#test/support/small-lab.ts";

const known = [...operations, ...routes];
const all: readonly Route<never>[] = [...known, ...referenceRoutes(known, false)];

/** Whose work is in the lab, and who has another project. */
const projects = [
	{ name: "own", sources: ["plates"], pipelines: ["elisa"] },
	{ name: "foreign", sources: ["images"], pipelines: ["cells"] },
];

/** The request says who it is, as it is in this test: role and project, or nothing. */
function identify({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): Principal {
	const [role, project, only] = String(headers["x-test"] ?? "").split(" ");
	if (!role || !project) throw permanent("UNAUTHENTICATED", "nobody", { fix: "Say who you are." });
	const permissions = only === undefined ? {} : { permissions: [only as Permission] };
	return { kind: "user", id: role, name: role, role: role as AccessRole, projects: [project], ...permissions };
}

/** Of requests that name what they are about in their body. */
const bodies: Readonly<Record<string, object>> = {
	announceFile: { source: "plates", path: "plate.csv" },
	requestOperation: { kind: "rescan", target: { type: "source", name: "plates" } },
};

/** What routes ask for that take a file in parts. */
const partOfUpload = {
	"tus-resumable": "1.0.0",
	"upload-length": "1",
	"upload-offset": "0",
	"upload-metadata": `path ${Buffer.from("new.csv").toString("base64")}`,
};

describe("every route, for every role, in the own project and a foreign one", () => {
	let lab: SmallLab;
	let api: Api;
	let address: string;
	/** What the routes' parameters stand for, by the route; a new one has to be named here. */
	let examples: Readonly<Record<string, Readonly<Record<string, string>>>>;
	beforeAll(async () => {
		lab = new SmallLab();
		const bench = await lab.open();
		lab.write("plate.csv", "od\n");
		const { job, result } = await lab.analyse(bench, "plate.csv");
		const acquisition = (await bench.catalog.job(job))?.acquisition ?? "";
		const target = { type: "source", name: "plates" } as const;
		const { operation } = await bench.catalog.operations.request({ kind: "pause", target, by: "cli:test" }, Date.now());
		examples = {
			getSource: { name: "plates" },
			getPipeline: { name: "elisa" },
			getPool: { name: "default" },
			getAcquisition: { id: acquisition },
			getJob: { id: job },
			getResult: { id: result },
			getManifest: { id: result },
			getResultZip: { id: result },
			getArtifact: { id: result, name: "plots/fit.html" },
			getFile: { source: "plates", path: "plate.csv" },
			createUpload: { source: "plates" },
			getUpload: { source: "plates", id: "u" },
			appendUpload: { source: "plates", id: "u" },
			abandonUpload: { source: "plates", id: "u" },
			putFile: { source: "plates", path: "plate.csv" },
			getOperation: { id: operation.id },
			getProblem: { type: "not-found" },
		};
		const asking = { ...lab.settings, access: { ...openAccess, required: true } };
		const { doors } = await identifying(asking, { ...bench, clock: systemClock }, () => {});
		api = apiOfLab(bench, {
			settings: { ...lab.settings, projects, pipelines: [elisa] },
			identify,
			...(doors && { doors }),
		});
		address = await api.listen();
	});
	afterAll(async () => {
		await api.close(0);
		await lab.remove();
	});

	const ask = (route: Route<never>, who: string | undefined) => {
		const path = route.path.replace(/\{(\w+)\*?\}/g, (_, name: string) => {
			const value = examples[route.id]?.[name];
			if (value === undefined) throw new Error(`say in the examples of this test what ${name} of ${route.id} is`);
			return encodeURIComponent(value);
		});
		return fetch(address + path, {
			method: route.method,
			headers: {
				...(who !== undefined && { "x-test": who }),
				...(route.body !== undefined && { "content-type": "application/json" }),
				...(route.headers !== undefined && partOfUpload),
			},
			...(route.body !== undefined && { body: JSON.stringify(bodies[route.id] ?? {}) }),
		});
	};
	const guarded = all.filter(({ needs }) => needs !== "nothing");

	it.each(guarded)("$method $path ($id) answers nobody who does not say who he is", async (route) => {
		expect((await ask(route, undefined)).status).toBe(401);
	});

	it.each(guarded)("$method $path ($id) is for the roles that have its permission, and no others", async (route) => {
		for (const role of accessRoles) {
			const { status } = await ask(route, `${role} own`);
			const allowed = permissionsOf[role].some((permission) => permission === route.needs);
			expect({ role, allowed, refused: status === 403 }).toEqual({ role, allowed, refused: !allowed });
			if (allowed) expect([401, 404]).not.toContain(status);
		}
	});

	/** About who asks himself, of whatever project. */
	const own = ["getSession"];

	it.each(guarded.filter(({ id }) => !own.includes(id)))(
		"$method $path ($id) shows a foreign project nothing",
		async (route) => {
			for (const role of accessRoles.filter((role) => permissionsOf[role].some((may) => may === route.needs))) {
				const answer = await ask(route, `${role} foreign`);
				if (route.id === "getStatus") expect(await answer.json()).toMatchObject({ jobs: { completed: 0 }, sources: 0 });
				else if (route.id === "getSeries") expect(await answer.json()).toEqual({ lines: [] });
				else if (route.params === undefined && route.body === undefined)
					expect(((await answer.json()) as { items: object[] }).items).toEqual([]);
				else expect(answer.status).toBe(404);
			}
		},
	);

	it("a key that is limited to some permissions allows no others, whatever its role does", async () => {
		const request = all.find(({ id }) => id === "requestOperation") as Route<never>;
		const list = all.find(({ id }) => id === "listJobs") as Route<never>;
		expect((await ask(request, "admin own")).status).toBe(202);
		expect((await ask(request, "admin own read")).status).toBe(403);
		expect((await ask(list, "admin own read")).status).toBe(200);
	});

	it("whatever needs nothing is named here: a new one is seen by whoever reads this", () => {
		const open = all.filter(({ needs }) => needs === "nothing").map(({ method, path }) => `${method} ${path}`);
		expect(open).toEqual([
			"GET /health",
			"GET /health/live",
			"GET /health/ready",
			"GET /metrics",
			"GET /log-level",
			"PUT /log-level",
			"POST /api/v1/session",
			"POST /api/v1/session/refresh",
			"DELETE /api/v1/session",
			"GET /api/v1/session/oidc",
			"GET /api/v1/session/oidc/callback",
			"GET /.well-known/jwks.json",
			"GET /api/v1/problems",
			"GET /api/v1/problems/{type}",
			"GET /api/v1/openapi.json",
			"GET /api/v1/reference",
		]);
	});

	it("what a cache holds of a result is not given to who does not see it", async () => {
		const manifest = all.find(({ id }) => id === "getManifest") as Route<never>;
		expect((await ask(manifest, "viewer own")).status).toBe(200);
		expect((await ask(manifest, "viewer foreign")).status).toBe(404);
	});
});
