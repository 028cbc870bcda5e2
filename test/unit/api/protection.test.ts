import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import type { Principal } from "#domain/access.ts";
import type { HttpSettings } from "#domain/http-settings.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

/** Counted by his address, wherever he comes from. */
const unnamed: Principal = { kind: "anyone", id: "", name: "unnamed", role: "viewer", projects: "all" };

let lab: SmallLab;
let bench: Workbench;
const apis: Api[] = [];
beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
});
afterEach(async () => {
	for (const api of apis.splice(0)) await api.close(0);
	await lab.remove();
});

async function serve(http: Partial<HttpSettings> = {}): Promise<string> {
	const settings = { ...lab.settings, http: { ...lab.settings.http, ...http } };
	const api = apiOfLab(bench, { settings, identify: () => unnamed });
	apis.push(api);
	return await api.listen();
}

describe("what a client may ask", () => {
	it("is told with every answer, and refused beyond it until it may again", async () => {
		const address = await serve({ rate: { perSecond: 1, burst: 3 } });
		const answers = [];
		for (let n = 0; n < 4; n++) answers.push(await fetch(`${address}/api/v1/jobs`));
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
		expect(answers.map(({ headers }) => headers.get("ratelimit"))).toEqual([
			'"listJobs";r=2;t=1',
			'"listJobs";r=1;t=2',
			'"listJobs";r=0;t=3',
			'"listJobs";r=0;t=1',
		]);
		expect(answers[3]?.headers.get("ratelimit-policy")).toBe('"listJobs";q=3;w=3');
		expect(answers[3]?.headers.get("retry-after")).toBe("1");
		expect(await answers[3]?.json()).toMatchObject({ code: "TOO_MANY_REQUESTS", status: 429 });
		// Of another route it has not asked yet.
		expect((await fetch(`${address}/api/v1/results`)).status).toBe(200);
	});

	it("counts those behind a reverse proxy one by one, where the proxy is one of ours", async () => {
		const ask = async (address: string, client: string) =>
			(await fetch(`${address}/api/v1/jobs`, { headers: { "x-forwarded-for": client } })).status;
		const behind = await serve({ rate: { perSecond: 1, burst: 1 }, proxies: ["127.0.0.0/8"] });
		expect([await ask(behind, "192.0.2.1"), await ask(behind, "192.0.2.2"), await ask(behind, "192.0.2.1")]).toEqual([
			200, 200, 429,
		]);
		const open = await serve({ rate: { perSecond: 1, burst: 1 } });
		expect([await ask(open, "192.0.2.1"), await ask(open, "192.0.2.2")]).toEqual([200, 429]);
	});

	it("counts a network of IPv6 as one client, which could change its address at will", async () => {
		const address = await serve({ rate: { perSecond: 1, burst: 1 }, proxies: ["127.0.0.1"] });
		const ask = async (client: string) =>
			(await fetch(`${address}/api/v1/jobs`, { headers: { "x-forwarded-for": client } })).status;
		expect([await ask("2001:db8:1:2::1"), await ask("2001:db8:1:2::2"), await ask("2001:db8:1:3::1")]).toEqual([
			200, 429, 200,
		]);
	});
});

describe("a browser", () => {
	it("is told to load nothing, to show nothing in a frame, and to guess no type", async () => {
		const { headers } = await fetch(`${await serve()}/api/v1/jobs`);
		expect(Object.fromEntries(headers)).toMatchObject({
			"content-security-policy": "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
			"x-content-type-options": "nosniff",
			"x-frame-options": "SAMEORIGIN",
			"referrer-policy": "no-referrer",
			"cross-origin-resource-policy": "same-origin",
		});
		expect(headers.has("strict-transport-security")).toBe(false);
		expect(headers.has("access-control-allow-origin")).toBe(false);
	});

	it("shows other sites' pages nothing but where they are named", async () => {
		const origin = "https://lims.lab.example";
		const address = await serve({ origins: [origin] });
		const from = async (of: string, method = "GET") =>
			await fetch(`${address}/api/v1/jobs`, {
				method,
				headers: { origin: of, "access-control-request-method": "GET" },
			});
		expect((await from(origin)).headers.get("access-control-allow-origin")).toBe(origin);
		expect((await from("https://evil.example")).headers.get("access-control-allow-origin")).not.toBe(
			"https://evil.example",
		);
		const preflight = await from(origin, "OPTIONS");
		expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([
			204,
			"GET, HEAD, POST, PUT, PATCH, DELETE",
		]);
		expect((await from("https://evil.example", "OPTIONS")).headers.get("access-control-allow-origin")).not.toBe(
			"https://evil.example",
		);
	});
});

describe("an answer", () => {
	it.each([
		["br", brotliDecompressSync],
		["gzip", gunzipSync],
	])("is compressed by %s for who takes it, under the same validator", async (encoding, decompress) => {
		const address = await serve();
		const plain = await fetch(`${address}/api/v1/openapi.json`, { headers: { "accept-encoding": "identity" } });
		const sent = request(`${address}/api/v1/openapi.json`, { headers: { "accept-encoding": encoding } }).end();
		const [response] = await once(sent, "response");
		expect(response.headers["content-encoding"]).toBe(encoding);
		expect(response.headers.vary).toContain("accept-encoding");
		expect(decompress(await buffer(response)).toString()).toBe(await plain.text());
		expect(response.headers.etag).toBe(plain.headers.get("etag"));
		const again = await fetch(`${address}/api/v1/openapi.json`, {
			headers: { "if-none-match": response.headers.etag, "accept-encoding": encoding },
		});
		expect(again.status).toBe(304);
	});
});

describe("a connection", () => {
	it("whose headers never end is closed", async () => {
		const socket = connect(Number(new URL(await serve()).port), "127.0.0.1");
		socket.write("GET /api/v1/jobs HTTP/1.1\r\nHost: a\r\nX-Slow: ");
		const slow = setInterval(() => socket.write("a"), 500);
		socket.on("error", () => {}).resume();
		await once(socket, "close");
		clearInterval(slow);
		expect(socket.bytesWritten).toBeLessThan(1_000);
	}, 60_000);
});
