import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { strFromU8, unzipSync } from "fflate";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import { sha256 } from "#test/support/acquisitions.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";
import { until } from "#test/support/spine.ts";

let lab: SmallLab;
let bench: Workbench;
let api: Api;
beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
});
afterEach(async () => {
	await api.close(0);
	await lab.remove();
});

/** A result with these artifacts, and where its zip is. */
async function zipOf(artifacts: Readonly<Record<string, string>>, objects = bench.objects) {
	lab.write("a.csv", "1");
	const stored = Object.entries(artifacts).map(([name, text], i) => {
		const file = join(lab.directory.path, `artifact-${i}`);
		writeFileSync(file, text);
		return { name, file, mediaType: "text/plain", size: Buffer.byteLength(text), sha256: sha256(text) };
	});
	const { job, result } = await lab.analyse(bench, "a.csv", { artifacts: stored });
	api = apiOfLab({ ...bench, objects });
	return { job, result, url: `${await api.listen()}/api/v1/results/${result}/zip` };
}

it("a result is one file: its manifest as it is stored, and its artifacts", async () => {
	const { result, url } = await zipOf({ "plots/fit.txt": "a plot", "table.csv": "x,y\n".repeat(10_000) });
	const answer = await fetch(url);
	expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="${result}.zip"`);
	const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
	expect(Object.keys(files).toSorted()).toEqual(["artifacts/plots/fit.txt", "artifacts/table.csv", "manifest.json"]);
	expect(strFromU8(files["artifacts/plots/fit.txt"] as Uint8Array)).toBe("a plot");
	const manifest = await (await fetch(url.replace("/zip", "/manifest"))).text();
	expect(strFromU8(files["manifest.json"] as Uint8Array)).toBe(manifest);
	expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
});

it("no name in it leads out of where it is unpacked", async () => {
	const { url } = await zipOf({ "..\\..\\evil.txt": "1", "a\nb.txt": "2", "C:/x.txt": "3" });
	const names = Object.keys(unzipSync(new Uint8Array(await (await fetch(url)).arrayBuffer())));
	for (const name of names) expect(name).toMatch(/^(manifest\.json$|artifacts\/)/);
	expect(names.some((name) => name.includes("\\") || name.split("/").includes(".."))).toBe(false);
});

it("is broken off where an object is gone: nobody takes it for whole", async () => {
	const { job, url } = await zipOf({ "a.txt": "1" });
	rmSync(join(lab.settings.data, "objects/results", `${job}-1`, "artifacts/a.txt"));
	await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
});

it("leaves nothing open when who reads it goes away", async () => {
	const opened: Readable[] = [];
	const endless = {
		...bench.objects,
		get: async (key: string) => {
			const stream = key.endsWith("manifest.json") ? Readable.from(["{}"]) : Readable.from(forEver());
			opened.push(stream);
			return stream;
		},
	} as typeof bench.objects;
	const { url } = await zipOf({ "a.txt": "1" }, endless);
	const request = get(url);
	const [response] = (await once(request, "response")) as [Readable];
	response.resume();
	await until("the endless one is opened", () => opened.length === 2);
	request.destroy();
	await until("all that was opened is closed", () => opened.every(({ destroyed }) => destroyed));
});

async function* forEver(): AsyncGenerator<Buffer> {
	for (let n = 0; ; n++) yield Buffer.alloc(65_536, n % 251);
}
