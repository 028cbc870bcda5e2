import { describe, expect, test } from "vitest";
import { minimal, refusal, workspace } from "#test/support/config-workspace.ts";

async function accessOf(more: string, env?: Readonly<Record<string, string>>) {
	return (await workspace().load(`${minimal}${more}`, env)).settings.access;
}

describe("one has to say who one is", () => {
	test.each(["127.0.0.1:0", "localhost:0", "[::1]:8080"])("at %s, when it is asked for", async (listen) => {
		expect((await accessOf(`http: { listen: "${listen}" }\n`)).required).toBe(false);
		expect((await accessOf(`http: { listen: "${listen}" }\naccess: { required: true }\n`)).required).toBe(true);
	});

	test.each(["0.0.0.0:8080", "[::]:8080", "192.168.1.4:80", "lab-7:8080", "127.0.0.1.lab.example:80"])(
		"at %s, where other machines reach it",
		async (listen) => {
			expect((await accessOf(`http: { listen: "${listen}" }\n`)).required).toBe(true);
		},
	);
});

describe("one has to say who one is, also on this machine,", () => {
	const oidc = `access: { oidc: { issuer: "https://login.lab.example", clientId: lab, grants: [{ claim: groups, value: a, role: viewer }] } }\n`;

	test("where a proxy brings others, or people log in elsewhere", async () => {
		expect((await accessOf('http: { proxies: ["127.0.0.1"] }\n')).required).toBe(true);
		expect((await accessOf(oidc)).required).toBe(true);
	});

	test("and a configuration that says otherwise is refused", async () => {
		expect(await refusal('http: { proxies: ["127.0.0.1"] }\naccess: { required: false }\n')).toContain(
			"http.proxies brings others here",
		);
		expect(await refusal(oidc.replace("{ oidc", "{ required: false, oidc"))).toContain("access.oidc says where");
	});
});

describe("projects", () => {
	const lab = `sources:
  plates: { watch: in }
  scans: { watch: scans }
pipelines:
  elisa: { from: plates, analysis: a.R }
  curve: { from: plates, analysis: a.R }
  count: { from: scans, analysis: a.R }
`;
	const load = async (projects: string) => {
		const { load, makeDirectory } = workspace();
		makeDirectory("scans");
		return (await load(`${lab}projects: ${projects}\n`)).settings.projects;
	};

	test("have the pipelines that are named, or all that take from their sources", async () => {
		expect(await load("{ a: { sources: [plates] }, b: { sources: [scans], pipelines: [count, curve] } }")).toEqual([
			{ name: "a", sources: ["plates"], pipelines: ["elisa", "curve"] },
			{ name: "b", sources: ["scans"], pipelines: ["count", "curve"] },
		]);
	});

	test("are made of what is there", async () => {
		const grants = "[{ claim: groups, value: lab, role: viewer, projects: [elsa] }]";
		const oidc = `{ issuer: https://login.lab, clientId: wr, grants: ${grants} }`;
		const projects = "{ elisa: { sources: [plate], pipelines: [elisa, elysa] } }";
		expect(await refusal(`${minimal}projects: ${projects}\naccess: { oidc: ${oidc} }\n`)).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:32: there is no source "plate"
			  5 | projects: { elisa: { sources: [plate], pipelines: [elisa, elysa] } }
			    |                                ^^^^^
			  Did you mean "plates"?

			watchrabbit.yaml:5:59: there is no pipeline "elysa"
			  5 | projects: { elisa: { sources: [plate], pipelines: [elisa, elysa] } }
			    |                                                           ^^^^^
			  Did you mean "elisa"?

			watchrabbit.yaml:6:123: there is no project "elsa"
			  6 | access: { oidc: { issuer: https://login.lab, clientId: wr, grants: [{ claim: groups, value: lab, role: viewer, projects: [elsa] }] } }
			    |                                                                                                                           ^^^^
			  Did you mean "elisa"?"
		`);
	});
});

describe("login by OpenID Connect", () => {
	test("says who may do what; in all projects where it names none", async () => {
		const oidc = `
access:
  tokens: 5m
  sessions: 8h
  oidc:
    issuer: http://127.0.0.1:4000
    clientId: watchrabbit
    grants:
      - { claim: groups, value: admins, role: admin }
      - { claim: groups, value: lab, role: viewer, projects: [elisa] }
projects: { elisa: { sources: [plates] } }
`;
		expect(await accessOf(oidc, { WATCHRABBIT_ACCESS__OIDC__CLIENTSECRET: "shown to nobody" })).toEqual({
			required: true,
			tokenMs: 300_000,
			sessionMs: 28_800_000,
			secret: undefined,
			oidc: {
				issuer: "http://127.0.0.1:4000",
				clientId: "watchrabbit",
				clientSecret: "shown to nobody",
				scopes: ["openid", "profile", "email"],
				name: "preferred_username",
				grants: [
					{ claim: "groups", value: "admins", role: "admin", projects: "all" },
					{ claim: "groups", value: "lab", role: "viewer", projects: ["elisa"] },
				],
			},
		});
	});

	test("is not asked of an issuer that anybody may speak for", async () => {
		expect(
			await refusal(`${minimal}access: { oidc: { issuer: "http://login.lab", clientId: wr, grants: [] } }\n`),
		).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:27: access.oidc.issuer: it must be a URL that begins with https:// (http:// on this machine alone)
			  5 | access: { oidc: { issuer: "http://login.lab", clientId: wr, grants: [] } }
			    |                           ^^^^^^^^^^^^^^^^^^
			  Write for example https://login.lab.example"
		`);
	});
});

describe("a secret", () => {
	const long = "iNxyoVqOrqTSE3TYcrRGNqbyrHGBHkDsJdK3Hcx9tuk=";

	test("may stand in a file that the environment names", async () => {
		const { load, write } = workspace();
		const file = write("secrets/access", `${long}\n`);
		const database = write("secrets/catalog", "postgres://lab:hidden@db.lab/lab");
		const { settings, warnings } = await load(minimal, {
			WATCHRABBIT_ACCESS__SECRET_FILE: file,
			WATCHRABBIT_CATALOG__URL_FILE: database,
		});
		expect(settings.access.secret).toBe(long);
		expect(settings.services.catalog?.url).toBe("postgres://lab:hidden@db.lab/lab");
		expect(warnings).toEqual([]);
	});

	test("is refused where the file cannot be read", async () => {
		const loading = workspace().load(minimal, { WATCHRABBIT_ACCESS__SECRET_FILE: "/nowhere" });
		await expect(loading).rejects.toMatchObject({
			code: "CONFIG_SECRET_FILE",
			message: expect.stringContaining("WATCHRABBIT_ACCESS__SECRET_FILE names cannot be read"),
		});
	});

	test("is all that is read from a file", async () => {
		const { warnings } = await workspace().load(minimal, { WATCHRABBIT_HTTP__LISTEN_FILE: "/nowhere" });
		expect(warnings).toEqual([expect.stringContaining("WATCHRABBIT_HTTP__LISTEN_FILE is not used")]);
	});

	test("is not shown where it is refused, neither from the file nor from the environment", async () => {
		const file = await refusal(`${minimal}access: { secret: short enough }\n`);
		expect(file).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:19: access.secret: it must have 32 characters or more
			  5 | access: { secret: *** }
			    |                   ^^^^^^^^^^^^
			  Make one with: openssl rand -base64 32"
		`);
		expect(await refusal(minimal, { WATCHRABBIT_ACCESS__SECRET: "guessed soon" })).not.toContain("guessed");
	});
});
