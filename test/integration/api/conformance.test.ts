import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newApiKey } from "#access/api-keys.ts";
import type { Api } from "#api/api.ts";
import { identifying } from "#app/access.ts";
import { systemClock } from "#core/clock.ts";
import { openAccess } from "#domain/access-settings.ts";
import type { InternalEvent } from "#domain/report.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { elisa } from "#test/support/elisa.ts";
import { inletLab } from "#test/support/inlet-lab.ts";
import { describeWith, requireService } from "#test/support/services.ts";
import { SmallLab } from "#test/support/small-lab.ts";

/** What is sent for each operation at most; WATCHRABBIT_TEST_EXAMPLES for a longer run, WATCHRABBIT_SEED for another one. */
const examples = process.env.WATCHRABBIT_TEST_EXAMPLES ?? "60";
const seed = process.env.WATCHRABBIT_SEED ?? "1";

interface Conformance {
	readonly test_cases: { readonly generated: number; readonly with_failures: number; readonly errored: number };
	readonly phases: Readonly<Record<string, { readonly status: string }>>;
	readonly operations: { readonly total: number; readonly tested: number };
	readonly errors: readonly unknown[];
	readonly warnings: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * By the operation, what a request that is as the document says may be answered beside what Schemathesis takes for good: a
 * precondition that is not met, a part of an upload that is being sent, a key that was used for something else.
 */
const alsoRight: Readonly<Record<string, readonly string[]>> = {
	putFile: ["412"],
	createUpload: ["412"],
	getUpload: ["412"],
	appendUpload: ["412", "423"],
	abandonUpload: ["412", "423"],
	requestOperation: ["422"],
};
const right = ["2xx", "3xx", "401", "403", "404", "409", "429", "5xx"];
const refused = ["400", "401", "403", "404", "405", "406", "409", "415", "422", "428", "429", "5xx"];

function alsoRightFor(id: string): string {
	const more = alsoRight[id];
	if (more === undefined) return "";
	const list = (statuses: readonly string[]) => JSON.stringify([...new Set([...statuses, ...more])]);
	return `[operations.checks]
positive_data_acceptance.expected-statuses = ${list(right)}
negative_data_rejection.expected-statuses = ${list(refused)}
`;
}

/** What there is in the lab, as most of the values that parameters of paths are given: random ones name nothing. */
function told(known: Readonly<Record<string, readonly string[]>>): string {
	const dictionaries = Object.entries(known).map(
		([name, values]) => `[dictionaries.${name}]\nvalues = ${JSON.stringify(values)}\n`,
	);
	const named = [
		["getJob", { id: "jobs" }],
		["getResult", { id: "results" }],
		["getManifest", { id: "results" }],
		["getResultZip", { id: "results" }],
		["getArtifact", { id: "results", name: "artifacts" }],
		["getAcquisition", { id: "acquisitions" }],
		["getSource", { name: "sources" }],
		["getPipeline", { name: "pipelines" }],
		["getPool", { name: "pools" }],
		["getFile", { source: "sources", path: "files" }],
		["putFile", { source: "sources", path: "files" }],
		["createUpload", { source: "sources" }],
		["getUpload", { source: "sources", id: "uploads" }],
		["appendUpload", { source: "sources", id: "uploads", "header.upload-offset": "offsets" }],
		["abandonUpload", { source: "sources", id: "uploads" }],
		["requestOperation", {}],
	] as const;
	const operations = named.map(([id, parameters]) => {
		const bound = Object.entries(parameters).map(
			([name, dictionary]) =>
				`"${name.includes(".") ? name : `path.${name}`}" = { dictionary = "${dictionary}", probability = 0.9 }`,
		);
		const given = bound.length === 0 ? "" : `[operations.parameters]\n${bound.join("\n")}\n`;
		return `[[operations]]\ninclude-operation-id = "${id}"\n${given}${alsoRightFor(id)}`;
	});
	return [...dictionaries, ...operations].join("\n");
}

/** That a route's own rate refuses is right; and an upload is over once it is sent: few parts at random fit one. */
function unexpected({ rate_limited: _, ...warnings }: Conformance["warnings"]): readonly unknown[] {
	return Object.values(warnings)
		.flat()
		.filter((told) => !String(told).includes("/uploads"));
}

describeWith("schemathesis", "the API and its OpenAPI document", () => {
	let lab: SmallLab;
	let api: Api;
	let address: string;
	let key: string;
	const failed: InternalEvent[] = [];
	beforeAll(async () => {
		lab = new SmallLab();
		const bench = await lab.open();
		const made: { readonly job: string; readonly result: string }[] = [];
		for (const path of ["plate-1.csv", "plate-2.csv", "run 7/é plate.csv"]) {
			lab.write(path, path);
			made.push(await lab.analyse(bench, path));
		}
		const acquisitions = await Promise.all(
			made.map(async ({ job }) => (await bench.catalog.job(job))?.acquisition ?? ""),
		);
		const { inlet, inlets } = inletLab(lab, bench, { mostBytes: 1e15 });
		const terms = { onlyNew: false, replacing: undefined };
		const upload = await inlet.begin({ path: "long.csv", bytes: 1e6, terms });
		writeFileSync(
			join(lab.directory.path, "schemathesis.toml"),
			told({
				jobs: made.map(({ job }) => job),
				results: made.map(({ result }) => result),
				acquisitions,
				artifacts: ["plots/fit.html"],
				sources: ["plates"],
				pipelines: ["elisa"],
				pools: ["default"],
				files: ["plate-1.csv", "new.csv"],
				uploads: [upload.id],
				offsets: ["0"],
			}),
		);
		lab.write("broken.csv", "x");
		await lab.fail(bench, (await lab.takeIn(bench, await lab.settle(bench, "broken.csv"))).id);
		const own = newApiKey();
		key = own.key;
		const { id, hash } = own;
		const grant = { role: "admin", projects: "all", permissions: undefined, expiresAt: undefined } as const;
		await bench.catalog.access.addKey(
			{ id, hash, name: "schemathesis", ...grant },
			{ actor: "cli:test", now: Date.now() },
		);
		const settings = { ...lab.settings, pipelines: [elisa], access: { ...openAccess, required: true } };
		api = apiOfLab(bench, {
			settings,
			...(await identifying(settings, { ...bench, clock: systemClock }, () => {})),
			inlets,
			report: (event) => event.event === "request.failed" && failed.push(event),
		});
		address = await api.listen();
	});
	afterAll(async () => {
		await api?.close(1_000);
		await lab?.remove();
	});

	it("agree in all that Schemathesis can think of: 2,000 requests, every check, along the links", async () => {
		const report = join(lab.directory.path, "report.json");
		const program = requireService("schemathesis");
		const told = await promisify(execFile)(
			program,
			[
				...["run", `${address}/api/v1/openapi.json`, "--checks", "all", "--continue-on-failure", "--no-color"],
				...[
					"--header",
					`Authorization: Bearer ${key}`,
					"--seed",
					seed,
					"--max-examples",
					examples,
					"--report",
					"json",
					"--report-json-path",
					report,
				],
				// That it draws many values which it throws away is no property of the API.
				...["--suppress-health-check", "filter_too_much,too_slow"],
			],
			{
				cwd: lab.directory.path,
				// Where it was put by pip --target, its modules lie beside its directory of programs.
				env: { ...process.env, PYTHONPATH: dirname(dirname(program)) },
				maxBuffer: 64e6,
			},
		).catch((thrown: { stdout: string }) => thrown);
		const { test_cases, phases, operations, errors, warnings } = JSON.parse(
			readFileSync(report, "utf8"),
		) as Conformance;
		expect({ ...test_cases, errors, failed }, told.stdout).toMatchObject({
			with_failures: 0,
			errored: 0,
			errors: [],
			failed: [],
		});
		expect(operations.tested).toBe(operations.total);
		expect([phases.coverage, phases.fuzzing, phases.stateful].map((phase) => phase?.status)).toEqual(
			Array(3).fill("success"),
		);
		expect(unexpected(warnings)).toEqual([]);
		expect(test_cases.generated).toBeGreaterThanOrEqual(2_000);
	}, 600_000);
});
