import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import type { Principal } from "#domain/access.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

const anna: Principal = { kind: "user", id: "u1", name: "anna", role: "operator", projects: "all" };
const bert: Principal = { kind: "user", id: "u2", name: "bert", role: "operator", projects: ["own"] };

let lab: SmallLab;
let bench: Workbench;
let api: Api;
let address: string;
beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
	const projects = [{ name: "own", sources: ["plates"], pipelines: [] }];
	const identify = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) =>
		headers["x-test"] === "bert" ? bert : anna;
	api = apiOfLab(bench, { settings: { ...lab.settings, projects }, identify });
	address = await api.listen();
});
afterEach(async () => {
	await api.close(0);
	await lab.remove();
});

async function ask(body: object, headers: Readonly<Record<string, string>> = {}) {
	const answer = await fetch(`${address}/api/v1/operations`, {
		method: "POST",
		headers: { "content-type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
	return { status: answer.status, location: answer.headers.get("location"), ...((await answer.json()) as object) };
}

async function listed(query = "") {
	return ((await (await fetch(`${address}/api/v1/operations${query}`)).json()) as { items: object[] }).items;
}

const plates = { type: "source", name: "plates" };

describe("an operation that is asked for over HTTP", () => {
	it("is done at once where the catalog alone can do it, and is told with who asked and why", async () => {
		const paused = await ask(
			{ kind: "pause", target: plates, why: "the reader is cleaned" },
			{ "x-request-id": "r-1" },
		);
		expect(paused).toMatchObject({
			status: 200,
			kind: "pause",
			state: "completed",
			requestedBy: "user:anna",
			why: "the reader is cleaned",
			already: false,
			location: expect.stringMatching(/^\/api\/v1\/operations\//),
		});
		expect(await (await fetch(address + paused.location)).json()).toMatchObject({ kind: "pause", state: "completed" });
		expect(await listed("?kind=pause&source=plates")).toHaveLength(1);
		expect(await listed("?state=requested")).toEqual([]);
		const { items } = await bench.catalog.audit.page({ limit: 10, filter: {} });
		expect(items).toContainEqual(expect.objectContaining({ actor: "user:anna", request: "r-1" }));
	});

	it("is noted and carried out later where only the host that watches can do it", async () => {
		expect(await ask({ kind: "rescan", target: plates })).toMatchObject({
			status: 202,
			state: "requested",
			already: false,
		});
	});

	it("does nothing where it is so already, and is the same under the same key", async () => {
		const key = { "idempotency-key": "clean-1" };
		const first = await ask({ kind: "pause", target: plates }, key);
		expect(await ask({ kind: "pause", target: plates }, key)).toMatchObject({ location: first.location });
		expect(await ask({ kind: "resume", target: plates }, key)).toMatchObject({
			status: 422,
			code: "IDEMPOTENCY_KEY_REUSED",
		});
		expect(await ask({ kind: "pause", target: plates })).toMatchObject({ status: 200, already: true });
	});

	it("runs a job again, and refuses what does not go with its state", async () => {
		lab.write("a.csv", "1");
		const { job } = await lab.analyse(bench, "a.csv");
		const target = { type: "job", name: job };
		expect(await ask({ kind: "cancel", target })).toMatchObject({ status: 409, code: "OPERATION_REFUSED" });
	});

	it("is refused with words where it is none, or of nothing", async () => {
		expect(await ask({ kind: "polish", target: plates })).toMatchObject({ status: 422, code: "BODY_INVALID" });
		expect(await ask({ kind: "cancel", target: plates })).toMatchObject({ status: 409, code: "OPERATION_REFUSED" });
		expect(await ask({ kind: "pause", target: { type: "source", name: "nowhere" } })).toMatchObject({
			status: 404,
			code: "TARGET_UNKNOWN",
			fix: "The configuration has plates.",
		});
	});

	it("is of one's own projects alone, and not of what is the lab's as a whole", async () => {
		const asBert = { "x-test": "bert" };
		expect(await ask({ kind: "pause", target: plates }, asBert)).toMatchObject({ status: 200 });
		for (const target of [
			{ type: "pool", name: "default" },
			{ type: "pipeline", name: "elisa" },
		]) {
			expect(await ask({ kind: "pause", target }, asBert)).toMatchObject({ status: 404, code: "TARGET_UNKNOWN" });
		}
		expect(await ask({ kind: "drain", target: { type: "everything" } }, asBert)).toMatchObject({ status: 404 });
	});
});
