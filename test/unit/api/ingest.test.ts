import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import type { Principal } from "#domain/access.ts";
import type { CompletenessProfile } from "#domain/settings.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { type InletLab, inletLab } from "#test/support/inlet-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

const projects = [{ name: "foreign", sources: ["images"], pipelines: ["cells"] }];

const complete: CompletenessProfile = {
	quietMs: 100,
	marker: ["{name}.done"],
	rename: ["*.part"],
	footer: undefined,
	probe: "none",
	minBytes: 0,
};

function identify({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): Principal {
	const who = String(headers["x-test"] ?? "all");
	const seen = who === "foreign" ? [who] : "all";
	return { kind: "key", id: who, name: who, role: who === "viewer" ? "viewer" : "service", projects: seen };
}

describe("files over HTTP", () => {
	let lab: SmallLab;
	let bench: Workbench;
	let api: Api;
	let address: string;
	let ours: boolean;
	let brought: InletLab;
	beforeEach(async () => {
		lab = new SmallLab({ include: ["**/*.csv"], complete });
		bench = await lab.open();
		ours = true;
		brought = inletLab(lab, bench, { isOurs: () => ours });
		const { inlets } = brought;
		api = apiOfLab(bench, { settings: { ...lab.settings, projects }, identify, inlets });
		address = await api.listen();
	});
	afterEach(async () => {
		await api.close(1_000);
		await lab.remove();
	});

	const url = (path: string, source = "plates") => `${address}/api/v1/sources/${source}/files/${path}`;
	async function put(path: string, body: string | Uint8Array, headers: Record<string, string> = {}, source = "plates") {
		const answer = await fetch(url(path, source), { method: "PUT", body, headers });
		// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the tests are about
		return { status: answer.status, headers: answer.headers, ...((await answer.json()) as any) };
	}
	const digest = (content: string, algorithm: string) => createHash(algorithm).update(content).digest("base64");
	const there = () => readdirSync(lab.root, { recursive: true }).filter((name) => !String(name).startsWith(".tmp"));

	it("are there, known to the ledger, and can be asked for where the answer says", async () => {
		const sent = await put("run%207/plate.csv", "A1,1\n", { "content-type": "text/csv" });
		const sha256 = createHash("sha256").update("A1,1\n").digest("hex");
		expect(sent).toMatchObject({
			status: 201,
			source: "plates",
			path: "run 7/plate.csv",
			became: "created",
			bytes: 5,
			sha256,
		});
		expect(sent.headers.get("etag")).toBe(`"${sha256}"`);
		expect(readFileSync(join(lab.root, "run 7/plate.csv"), "utf8")).toBe("A1,1\n");
		const found = await fetch(`${address}${sent.headers.get("location")}`);
		expect(await found.json()).toMatchObject({ path: "run 7/plate.csv", state: "seen", size: 5 });
		expect((await put("run%207/plate.csv", "A1,1\n")).status).toBe(200);
	});

	it.each([
		"application/json",
		"application/octet-stream",
		"text/plain",
		"image/tiff",
		"multipart/form-data; boundary=x",
	])("are taken as they come, as %s as well", async (type) => {
		expect((await put("a.csv", '{"no": json', { "content-type": type })).status).toBe(201);
		expect(readFileSync(join(lab.root, "a.csv"), "utf8")).toBe('{"no": json');
	});

	it("may be empty, and larger than any body of JSON", async () => {
		expect(await put("empty.csv", "")).toMatchObject({ status: 201, bytes: 0 });
		expect(await put("large.csv", Buffer.alloc(1_900_000))).toMatchObject({ status: 201, bytes: 1_900_000 });
		expect(await put("larger.csv", Buffer.alloc(2_000_001))).toMatchObject({ status: 413, code: "PAYLOAD_TOO_LARGE" });
		expect(there().sort()).toEqual(["empty.csv", "large.csv"]);
	});

	it("are held against what their digests say", async () => {
		const good = `sha-256=:${digest("abc", "sha256")}:, sha-512=:${digest("abc", "sha512")}:, md5=:AAAA:`;
		const bad = `sha-256=:${digest("abd", "sha256")}:`;
		expect(await put("a.csv", "abc", { "content-digest": bad })).toMatchObject({
			status: 400,
			code: "DIGEST_MISMATCH",
		});
		expect(await put("a.csv", "abc", { "repr-digest": bad })).toMatchObject({ status: 400, code: "DIGEST_MISMATCH" });
		expect(await put("a.csv", "abc", { "repr-digest": "sha-256=abc" })).toMatchObject({
			status: 400,
			code: "REQUEST_INVALID",
		});
		expect(there()).toEqual([]);
		expect((await put("a.csv", "abc", { "content-digest": good })).status).toBe(201);
	});

	it("are no parts of files", async () => {
		const part = await put("a.csv", "first half", { "content-range": "bytes 0-9/20" });
		expect(part).toMatchObject({ status: 400, code: "REQUEST_INVALID" });
		expect(there()).toEqual([]);
	});

	it("replace others only for who says so", async () => {
		const { headers } = await put("a.csv", "one");
		const etag = headers.get("etag") as string;
		expect(await put("a.csv", "two")).toMatchObject({ status: 409, code: "FILE_EXISTS" });
		expect(await put("a.csv", "one", { "if-none-match": "*" })).toMatchObject({
			status: 412,
			code: "PRECONDITION_FAILED",
		});
		expect(await put("a.csv", "two", { "if-none-match": etag })).toMatchObject({ status: 400 });
		expect(await put("a.csv", "two", { "if-match": etag })).toMatchObject({ status: 200, became: "replaced" });
		expect(await put("a.csv", "three", { "if-match": etag })).toMatchObject({ status: 412 });
	});

	it.each([
		["above the source", "..%2Foutside.csv", 409],
		["above it, encoded", "a/%2e%2e/%2e%2e/outside.csv", 409],
		["from the root", "%2Fetc%2Fcron.csv", 409],
		["with a NUL", "a%00.csv", 409],
		["with a name too long", `${"x".repeat(256)}.csv`, 409],
		["too long", `${"d/".repeat(600)}a.csv`, 409],
		["where unfinished files lie", ".tmp/a.csv", 409],
		["that is hidden", ".hidden.csv", 409],
		["that is not included", "a.txt", 409],
		["that is a temporary name", "a.csv.part", 409],
		["that is no UTF-8", "a%ff.csv", 400],
	])("are refused under a path %s", async (_, path, status) => {
		const socket = connect(Number(new URL(address).port), "127.0.0.1");
		socket.write(`PUT /api/v1/sources/plates/files/${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx`);
		const [answer] = await once(socket, "data");
		socket.destroy();
		expect(String(answer)).toContain(`HTTP/1.1 ${status} `);
		expect(there()).toEqual([]);
	});

	it("say by which rule their path is none, and take what marks others complete", async () => {
		expect((await put("a.txt", "x")).detail).toContain('include "**/*.csv"');
		expect((await put("a.csv.done", "")).status).toBe(201);
	});

	it("are for sources that are seen and watched here, and for who may", async () => {
		expect((await put("a.csv", "x", {}, "images")).status).toBe(404);
		expect((await put("a.csv", "x", { "x-test": "foreign" })).status).toBe(404);
		expect((await put("a.csv", "x", { "x-test": "viewer" })).status).toBe(403);
		expect(await put("a.csv", "x", { "content-encoding": "gzip" })).toMatchObject({ status: 415 });
		ours = false;
		expect(await put("a.csv", "x")).toMatchObject({ status: 421, code: "NOT_WATCHED_HERE" });
		expect(there()).toEqual([]);
	});

	it("leave nothing when the sender goes away in the middle", async () => {
		const socket = connect(Number(new URL(address).port), "127.0.0.1");
		socket.write("PUT /api/v1/sources/plates/files/a.csv HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf");
		const temporary = join(lab.root, ".tmp");
		await expect.poll(() => readdirSync(lab.root).includes(".tmp") && readdirSync(temporary).length).toBe(1);
		socket.destroy();
		await expect.poll(() => readdirSync(temporary)).toEqual([]);
		expect(there()).toEqual([]);
	});

	it("are announced, by who has written them elsewhere", async () => {
		const announce = (body: object) =>
			fetch(`${address}/api/v1/events`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			});
		const answer = await announce({ source: "plates", path: "run/a.csv" });
		expect(answer.status).toBe(202);
		expect(await answer.json()).toEqual({ source: "plates", path: "run/a.csv" });
		expect(brought.announced).toMatchObject([{ path: "run/a.csv", content: undefined, id: "http/run/a.csv" }]);
		expect((await announce({ source: "plates", path: "../a.csv" })).status).toBe(409);
		expect((await announce({ source: "images", path: "a.csv" })).status).toBe(404);
		expect((await announce({ source: "plates" })).status).toBe(422);
		brought.stopHearing();
		expect((await announce({ source: "plates", path: "b.csv" })).status).toBe(503);
	});
});
