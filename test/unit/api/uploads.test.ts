import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Upload } from "tus-js-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { inletLab } from "#test/support/inlet-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("files in parts", () => {
	let lab: SmallLab;
	let bench: Workbench;
	let api: Api;
	let address: string;
	beforeEach(async () => {
		lab = new SmallLab();
		bench = await lab.open();
		await serve();
	});
	afterEach(async () => {
		await api.close(1_000);
		await lab.remove();
	});

	async function serve(): Promise<void> {
		api = apiOfLab(bench, { inlets: inletLab(lab, bench).inlets });
		address = await api.listen();
	}
	const endpoint = () => `${address}/api/v1/sources/plates/uploads`;
	const ask = (method: string, url: string, headers: Record<string, string> = {}, body?: string) =>
		fetch(new URL(url, address), {
			method,
			headers: { "tus-resumable": "1.0.0", ...headers },
			...(body === undefined ? {} : { body }),
		});
	const begin = (path: string, bytes: number, headers: Record<string, string> = {}) =>
		ask("POST", endpoint(), {
			"upload-length": `${bytes}`,
			"upload-metadata": `type ${base64("x")},path ${base64(path)}`,
			...headers,
		});
	const append = (url: string, offset: number, body: string, headers: Record<string, string> = {}) =>
		ask(
			"PATCH",
			url,
			{ "content-type": "application/offset+octet-stream", "upload-offset": `${offset}`, ...headers },
			body,
		);
	const unfinished = () => {
		const directory = join(lab.root, ".tmp/uploads");
		return existsSync(directory) ? readdirSync(directory) : [];
	};
	async function begun(path: string, bytes: number, headers: Record<string, string> = {}): Promise<string> {
		const answer = await begin(path, bytes, headers);
		expect(answer.status).toBe(201);
		return answer.headers.get("location") as string;
	}

	it("are sent by a client of tus, over a restart, in parts of its own", async () => {
		const content = Buffer.alloc(1_000_000, "0123456789");
		const parts: number[] = [];
		const upload = new Upload(content, {
			endpoint: endpoint(),
			chunkSize: 300_000,
			retryDelays: [0, 50, 100],
			metadata: { filename: "run 7/plate é.csv" },
			onChunkComplete: (size) => parts.push(size),
		});
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		upload.options.onSuccess = () => resolve();
		upload.options.onError = reject;
		upload.start();
		await promise;
		expect(parts).toEqual([300_000, 300_000, 300_000, 100_000]);
		expect(readFileSync(join(lab.root, "run 7/plate é.csv")).equals(content)).toBe(true);
		expect(bench.ledger.find("plates", "run 7/plate é.csv")).toMatchObject({ state: "seen" });
		expect(unfinished()).toEqual([]);
	});

	it("go on after a restart where they were, and not elsewhere", async () => {
		const url = await begun("a.csv", 10);
		expect((await append(url, 0, "01234")).headers.get("upload-offset")).toBe("5");
		await api.close(1_000);
		await serve();
		const head = await ask("HEAD", url);
		expect(head.status).toBe(200);
		expect(head.headers.get("upload-offset")).toBe("5");
		expect(head.headers.get("upload-length")).toBe("10");
		expect(head.headers.get("cache-control")).toBe("no-store");
		expect((await append(url, 4, "45678")).status).toBe(409);
		expect(existsSync(join(lab.root, "a.csv"))).toBe(false);
		expect((await append(url, 5, "56789")).status).toBe(204);
		expect(readFileSync(join(lab.root, "a.csv"), "utf8")).toBe("0123456789");
		expect((await ask("HEAD", url)).status).toBe(404);
	});

	it("keep what came before the connection was cut", async () => {
		const url = await begun("a.csv", 100);
		const socket = connect(Number(new URL(address).port), "127.0.0.1");
		await once(socket, "connect");
		socket.write(
			`PATCH ${url} HTTP/1.1\r\nhost: localhost\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\ncontent-type: application/offset+octet-stream\r\ncontent-length: 100\r\n\r\nhalf`,
		);
		const offset = async () => (await ask("HEAD", url)).headers.get("upload-offset");
		await expect.poll(offset).toBe("4");
		expect((await append(url, 4, "x")).status).toBe(423);
		socket.destroy();
		await expect.poll(async () => (await append(url, 4, "x".repeat(96))).status).toBe(204);
		expect(readFileSync(join(lab.root, "a.csv"), "utf8")).toBe(`half${"x".repeat(96)}`);
	});

	it("are held against their digest and their terms at the end, and are over then", async () => {
		const digest = (text: string, bits = 256) =>
			`sha-${bits}=:${createHash(`sha${bits}`).update(text).digest("base64")}:`;
		for (const wrong of [digest("abd"), digest("abd", 512)]) {
			const url = await begun("a.csv", 3, { "repr-digest": wrong });
			expect((await append(url, 0, "abc")).status).toBe(400);
		}
		const right = await begun("a.csv", 3, { "repr-digest": digest("abc") });
		expect((await append(right, 0, "abc")).status).toBe(204);
		const other = await begun("a.csv", 3);
		expect((await append(other, 0, "abd")).status).toBe(409);
		const replacing = await begun("a.csv", 3, { "if-match": "*" });
		expect((await append(replacing, 0, "abd")).status).toBe(204);
		expect(readFileSync(join(lab.root, "a.csv"), "utf8")).toBe("abd");
		expect(unfinished()).toEqual([]);
	});

	it("refuse what tus refuses, and paths that are none", async () => {
		expect((await begin("a.csv", 3, { "tus-resumable": "0.2.0" })).status).toBe(412);
		expect((await begin("../a.csv", 3)).status).toBe(409);
		expect((await begin("a.csv", 2_000_001)).status).toBe(413);
		expect((await begin("a.csv", 3, { "upload-metadata": "" })).status).toBe(400);
		expect((await begin("a.csv", 3, { "upload-length": "many" })).status).toBe(400);
		const url = await begun("a.csv", 3);
		expect((await append(url, 0, "abc", { "content-type": "text/plain" })).status).toBe(415);
		expect((await append(url, 0, "abc", { "content-range": "bytes 0-2/3" })).status).toBe(400);
		expect((await append(url, 0, "abcd")).status).toBe(413);
		for (const id of ["..%2F..%2Fplates", "0".repeat(36)]) {
			expect((await ask("HEAD", `/api/v1/sources/plates/uploads/${id}`)).status).toBe(404);
		}
	});

	it("may be empty, are given up by who began them, and removed when nobody goes on for a day", async () => {
		await begun("empty.csv", 0);
		expect(readFileSync(join(lab.root, "empty.csv"), "utf8")).toBe("");
		const given = await begun("a.csv", 3);
		expect((await ask("DELETE", given)).status).toBe(204);
		expect(unfinished()).toEqual([]);
		const stale = await begun("b.csv", 3);
		const [part = ""] = unfinished().filter((name) => name.endsWith(".part"));
		utimesSync(join(lab.root, ".tmp/uploads", part), 1, 1);
		await begun("c.csv", 3);
		expect((await ask("HEAD", stale)).status).toBe(404);
		expect(unfinished()).toHaveLength(2);
	});
});
