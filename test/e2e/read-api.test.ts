import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListedFile, type ListedResult, listed } from "#test/support/lab.ts";
import { eventually, Product } from "#test/support/product.ts";
import { parsePrometheusText, type Sample } from "#test/support/prometheus-text.ts";
import { RunningLab } from "#test/support/running-lab.ts";

const configuration = (port: number) => `data: ./state
http: { listen: "127.0.0.1:${port}" }
sources:
  left: { watch: ./left, complete: { quiet: 100ms } }
  right: { watch: ./right, complete: { quiet: 100ms } }
pipelines:
  lines: { from: left, analysis: ./lines.R, retry: { attempts: 1 } }
  bytes: { from: right, analysis: ./lines.R, retry: { attempts: 1 } }
`;

const script = `args <- commandArgs(trailingOnly = TRUE)
if (grepl("broken", args[1])) stop("no plate in ", basename(args[1]))
if (grepl("slow", args[1])) Sys.sleep(3)
wr_measure("lines", length(readLines(args[1])), "1")
wr_measure("size", file.size(args[1]), "By")
file.copy(args[1], file.path(args[2], "copy of it.csv"))
`;

interface Page {
	readonly items: readonly Readonly<Record<string, unknown>>[];
	readonly next: string | null;
}

describe("the read API of a running lab", () => {
	let lab: Product;
	let running: RunningLab;
	let port: number;
	/** What it answered when it was asked whether it is ready, from when it listened until it was. */
	const readiness: {
		readonly status: number;
		readonly checks: readonly { readonly name: string; readonly state: string }[];
	}[] = [];

	beforeAll(async () => {
		port = await freePort();
		lab = await Product.create({ "watchrabbit.yaml": configuration(port), "lines.R": script });
		for (const name of ["left", "right"]) await mkdir(lab.path(name));
		for (let i = 0; i < 12; i++) await writeFile(lab.path("left", `plate-${i}.csv`), `A1,${i}\n`);
		await writeFile(lab.path("left/broken.csv"), "no plate\n");
		await writeFile(lab.path("right/plate-0.csv"), "A1,0\nA2,1\n");
		const starting = RunningLab.startIn(lab);
		await eventually(
			async () => {
				const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
				const { checks } = (await answer.json()) as (typeof readiness)[number];
				readiness.push({ status: answer.status, checks });
				return answer.ok ? true : undefined;
			},
			() => "it is ready",
		);
		running = await starting;
		await listed<ListedResult>(running.address, "results", ({ length }) => length === 13);
		await listed<ListedFile>(
			running.address,
			"files",
			(files) => files.filter(({ state }) => state === "analysed").length === 13,
		);
	});

	afterAll(async () => await lab.remove());

	const page = async (what: string, query: Readonly<Record<string, string | number>> = {}) => {
		const url = new URL(`${running.address}/api/v1/${what}`);
		for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
		const answer = await fetch(url);
		expect(answer.status, `${url}`).toBe(200);
		return (await answer.json()) as Page;
	};
	const count = async (what: string, query: Readonly<Record<string, string>> = {}) =>
		(await page(what, query)).items.length;
	const metrics = async () => parsePrometheusText(await (await fetch(`${running.address}/metrics`)).text());

	it("says that it is not ready until it is at work, and alive all the time", async () => {
		for (const { status, checks } of readiness) {
			const roles = checks.map(({ name }) => name).filter((name) => name.startsWith("role "));
			expect(roles).toEqual(["role flow", "role serve", "role watch", "role work"]);
			expect(status).toBe(checks.every(({ state }) => state === "up") ? 200 : 503);
		}
		expect(readiness.at(-1)?.checks).toContainEqual(expect.objectContaining({ name: "pool default", state: "up" }));
		expect((await fetch(`${running.address}/health/live`)).status).toBe(200);
	});

	it("gives every resource by every filter", async () => {
		const [result] = (await page("results", { source: "right" })).items as unknown as ListedResult[];
		const { acquisition, id, job } = result as ListedResult;
		const hour = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
		const digest = acquisition.members[0]?.sha256 as string;
		const expected: readonly (readonly [what: string, query: Record<string, string>, rows: number])[] = [
			["sources", {}, 2],
			["sources", { name: "left" }, 1],
			["files", {}, 14],
			["files", { source: "right" }, 1],
			["files", { state: "settled" }, 1],
			["files", { state: "settled,analysed" }, 14],
			["acquisitions", {}, 14],
			["acquisitions", { source: "right" }, 1],
			["acquisitions", { key: "plate-0.csv" }, 2],
			["acquisitions", { digest }, 1],
			["acquisitions", { since: hour(-1) }, 14],
			["acquisitions", { until: hour(-1) }, 0],
			["jobs", { state: "dead" }, 1],
			["jobs", { state: "completed" }, 13],
			["jobs", { pipeline: "bytes" }, 1],
			["jobs", { source: "left" }, 13],
			["jobs", { acquisition: acquisition.id }, 1],
			["jobs", { since: hour(1) }, 0],
			["results", { pipeline: "lines" }, 12],
			["results", { state: "current" }, 13],
			["results", { state: "superseded" }, 0],
			["results", { acquisition: acquisition.id }, 1],
			["results", { job }, 1],
			["results", { key: "plate-0.csv" }, 2],
			["results", { until: hour(-1) }, 0],
			["measurements", { name: "lines" }, 13],
			["measurements", { result: id }, 2],
			["measurements", { pipeline: "bytes", key: "plate-0.csv" }, 2],
			["measurements", { source: "left" }, 24],
			["artifacts", { result: id, name: "copy of it.csv" }, 1],
			["artifacts", { pipeline: "lines", name: "copy of it.csv" }, 12],
			["artifacts", { source: "nobody" }, 0],
		];
		for (const [what, query, rows] of expected) {
			expect({ what, query, rows: await count(what, query) }).toEqual({ what, query, rows });
		}
		for (const [what, one] of [
			["jobs", job],
			["results", id],
			["acquisitions", acquisition.id],
			["sources", "left"],
		]) {
			expect((await fetch(`${running.address}/api/v1/${what}/${one}`)).status).toBe(200);
			expect((await fetch(`${running.address}/api/v1/${what}/x${one}`)).status).toBe(404);
		}
		const refused = await fetch(`${running.address}/api/v1/results?colour=red`);
		expect([refused.status, refused.headers.get("content-type")]).toEqual([
			400,
			"application/problem+json; charset=utf-8",
		]);
	});

	it.each(["asc", "desc"])("pages through what was there, each once, while more arrives (%s)", async (order) => {
		const there = (await page("results", { limit: 1000 })).items.map(({ id }) => id);
		const seen: unknown[] = [];
		let cursor: string | null = null;
		for (let pages = 0; pages === 0 || cursor !== null; pages++) {
			const got: Page = await page("results", { limit: 3, order, ...(cursor === null ? {} : { cursor }) });
			seen.push(...got.items.map(({ id }) => id));
			cursor = got.next;
			if (pages > 2) continue;
			const name = `${order}-${pages}.csv`;
			await writeFile(lab.path("left", name), `${name}\n`);
			await running.results(name, ({ length }) => length === 1);
		}
		expect(new Set(seen).size).toBe(seen.length);
		expect(there.filter((id) => !seen.includes(id))).toEqual([]);
		expect(seen.length - there.length).toBe(order === "asc" ? 3 : 0);
	});

	it("gives an artifact with its digest, in parts, and not again to who has it", async () => {
		const [artifact] = (await page("artifacts", { pipeline: "bytes", name: "copy of it.csv" })).items;
		const url = `${running.address}/api/v1/results/${artifact?.result}/artifacts/${encodeURIComponent("copy of it.csv")}`;
		const answer = await fetch(url);
		const bytes = Buffer.from(await answer.arrayBuffer());
		expect(bytes.toString()).toBe("A1,0\nA2,1\n");
		expect(createHash("sha256").update(bytes).digest("hex")).toBe(artifact?.sha256);
		expect(answer.headers.get("etag")).toBe(`"${artifact?.sha256}"`);
		const known = await fetch(url, { headers: { "if-none-match": `"${artifact?.sha256}"` } });
		expect(known.status).toBe(304);
	});

	it("gives metrics that a Prometheus can read, and that agree with the lists", async () => {
		const samples = await metrics();
		const valueIn = (name: string, labels: Record<string, string>) =>
			samples.find(
				(each: Sample) =>
					each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
			)?.value;
		const results = (await page("results", { limit: 1000 })).items.length;
		expect(valueIn("watchrabbit_jobs", { state: "completed" })).toBe(results);
		expect(valueIn("watchrabbit_jobs", { state: "dead" })).toBe(1);
		for (const state of ["analysed", "settled", "ignored"]) {
			await eventually(
				async () => {
					const told = (await metrics()).filter(
						(each) => each.name === "watchrabbit_files" && each.labels.state === state,
					);
					const files = told.reduce((sum, { value }) => sum + value, 0);
					return files === (await page("files", { limit: 1000, state })).items.length ? true : undefined;
				},
				() => `as many files are told ${state} as are listed: outcomes reach the ledger a moment later`,
			);
		}
		expect(valueIn("watchrabbit_attempts_total", { pipeline: "lines", outcome: "failed" })).toBe(1);
		expect(valueIn("watchrabbit_attempts_total", { pipeline: "bytes", outcome: "completed" })).toBe(1);
		expect(valueIn("watchrabbit_run_seconds_count", { pipeline: "bytes" })).toBe(1);
		expect(valueIn("watchrabbit_settled_files_total", { source: "right" })).toBe(1);
		expect(
			valueIn("watchrabbit_http_request_seconds_count", { route: "/api/v1/results/:id/artifacts/*", status: "304" }),
		).toBe(1);
	});

	it("while it ends, is alive, not ready, and sends new readers away; what has begun is finished", async () => {
		await writeFile(lab.path("left/slow.csv"), "slow\n");
		await listed<{ state: string }>(running.address, "jobs", (jobs) => jobs.some(({ state }) => state === "running"));
		const ending = running.up.stop();
		const answers = await eventually(
			async () => {
				const [ready, live, api] = await Promise.all(
					["health/ready", "health/live", "api/v1/results"].map((path) => fetch(`${running.address}/${path}`)),
				);
				return ready?.status === 503 ? [ready.status, live?.status, api?.status] : undefined;
			},
			() => "it says that it is not ready",
		);
		expect(answers).toEqual([503, 200, 503]);
		expect((await ending).code).toBe(0);
		const finished = await lab.json<ListedResult>("list", "results");
		expect(finished.filter(({ acquisition }) => acquisition.key === "slow.csv")).toHaveLength(1);
	});
});

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}
