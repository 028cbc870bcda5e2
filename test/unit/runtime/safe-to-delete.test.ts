import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import type { Acquisition } from "#domain/acquisition.ts";
import { artifactKey, attemptPrefix, inputKey } from "#domain/object-keys.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import { safeToDelete } from "#runtime/safe-to-delete.ts";
import { acquisition, arrival, claimed, commitOf, intake, member, plan, sha256 } from "#test/support/acquisitions.ts";
import { Spine } from "#test/support/spine.ts";

const route = (match: string) => [{ stage: "route", route: { match } }] as PipelineSettings["stages"];
const pipeline = (name: string, stages: PipelineSettings["stages"] = []) =>
	({ name, from: "plates", stages }) as PipelineSettings;

describe("whether an acquisition is safe to delete", () => {
	let spine: Spine;
	beforeEach(async () => {
		spine = await Spine.open();
	});
	afterEach(() => spine.close());

	async function taken(of: Acquisition, pipelines: readonly string[] = ["elisa"]): Promise<string> {
		const plans = pipelines.map((name) => plan(of, { pipeline: name }));
		const { acquisitions } = await spine.catalog.commitIntake(intake([arrival(of, { plans })]));
		return acquisitions[0]?.id ?? "";
	}

	/** With its objects in the store, as a worker leaves them. */
	async function complete(of: Acquisition, name = "elisa"): Promise<string> {
		const { catalog, objects } = spine;
		const job = await claimed(catalog, plan(of, { pipeline: name }).id);
		const commit = commitOf(job);
		await objects.put(artifactKey(job.id, job.token, "plot.png"), "png");
		await objects.put(`${attemptPrefix(job.id, job.token)}log.txt`, "log");
		await objects.put(commit.manifestKey, "manifest");
		expect(await catalog.commitResult(commit)).toBe(true);
		return attemptPrefix(job.id, job.token);
	}

	async function ask(id: string, pipelines: readonly PipelineSettings[]) {
		const { catalog, objects } = spine;
		const target = { type: "acquisition", name: id } as const;
		const { operation } = await catalog.operations.request({ kind: "safe-to-delete", target, by: "user:anna" }, 3_000);
		const context = { settings: { pipelines }, catalog, objects, clock: systemClock };
		const told: string[] = [];
		const tell = async ({ done, total }: { done: number; total: number }) => void told.push(`${done}/${total}`);
		await safeToDelete(context, operation, { signal: new AbortController().signal, tell });
		return told;
	}

	const isMarked = async (id: string) => (await spine.catalog.acquisition(id))?.safeToDeleteSince !== undefined;
	const refused = (message: RegExp) => ({ code: "OPERATION_REFUSED", message: expect.stringMatching(message) });

	it("it is when every pipeline that takes it has a result, which was read back whole", async () => {
		const plate = acquisition("a", "A");
		const id = await taken(plate, ["elisa", "qpcr"]);
		await complete(plate);
		const pipelines = [pipeline("elisa"), pipeline("qpcr"), pipeline("others", route("^other"))];
		await expect(ask(id, pipelines)).rejects.toMatchObject(refused(/pipeline qpcr has no current result.* is queued/));
		expect(await isMarked(id)).toBe(false);
		await complete(plate, "qpcr");
		expect(await ask(id, pipelines)).toEqual(["0/6", "1/6", "2/6", "3/6", "4/6", "5/6"]);
		expect(await isMarked(id)).toBe(true);
	});

	it("it is not while a pipeline that is new, or waits for a group, has nothing of it", async () => {
		const plate = acquisition("a", "A");
		const id = await taken(plate);
		await complete(plate);
		const asked = ask(id, [pipeline("elisa"), pipeline("new", route("^a"))]);
		await expect(asked).rejects.toMatchObject(refused(/pipeline new has no result of it yet/));
	});

	it.each([
		["artifacts/plot.png", /plot\.png is not in the object store/],
		["log.txt", /log\.txt is not in the object store/],
		["manifest.json", /manifest\.json is not in the object store/],
	])("it is not when %s is missing, or another", async (name, message) => {
		const plate = acquisition("a", "A");
		const id = await taken(plate);
		const key = `${await complete(plate)}${name}`;
		await spine.objects.remove([key]);
		await expect(ask(id, [pipeline("elisa")])).rejects.toMatchObject(refused(message));
		await spine.objects.put(key, "something else");
		const asked = ask(id, [pipeline("elisa")]);
		if (name === "log.txt") await asked;
		else await expect(asked).rejects.toMatchObject(refused(/is damaged/));
		expect(await isMarked(id)).toBe(name === "log.txt");
	});

	it("it is with the result of the group that it is a part of", async () => {
		const part = acquisition("p1", "1");
		const id = await taken(part, []);
		const group = acquisition("screen", "", { kind: "group", members: [member("p1", "1"), member("p2", "2")] });
		await taken(group);
		await expect(ask(id, [pipeline("elisa")])).rejects.toMatchObject(refused(/is queued/));
		await complete(group);
		await ask(id, [pipeline("elisa")]);
		expect(await isMarked(id)).toBe(true);
	});

	it("where no pipeline takes it, it is when its files were read back from the archive", async () => {
		const id = await taken(acquisition("a", "A"), []);
		await expect(ask(id, [])).rejects.toMatchObject(refused(/no pipeline takes it, and a is not in the archive/));
		await spine.objects.put(inputKey(sha256("A")), "B");
		await expect(ask(id, [])).rejects.toMatchObject(refused(/is damaged/));
		await spine.objects.put(inputKey(sha256("A")), "A");
		await ask(id, []);
		expect(await isMarked(id)).toBe(true);
	});

	it("it is not when it was replayed while it was read back", async () => {
		const plate = acquisition("a", "A");
		const id = await taken(plate);
		await complete(plate);
		const { objects, catalog } = spine;
		const get = objects.get.bind(objects);
		objects.get = async (...given) => {
			const target = { type: "job", name: plan(plate).id } as const;
			await catalog.operations.request({ kind: "replay", target, by: "user:bert" }, 4_000);
			return await get(...given);
		};
		await expect(ask(id, [pipeline("elisa")])).rejects.toMatchObject(refused(/changed while it was read back/));
		expect(await isMarked(id)).toBe(false);
	});

	it("is read no further when the process ends, though the store has stopped answering", async () => {
		const plate = acquisition("a", "A");
		const id = await taken(plate);
		await complete(plate);
		const { catalog, objects } = spine;
		const ending = new AbortController();
		const get = async () => new Readable({ read: () => setImmediate(() => ending.abort()) });
		const stalled = { head: (key: string) => objects.head(key), get };
		const context = { settings: { pipelines: [pipeline("elisa")] }, catalog, objects: stalled, clock: systemClock };
		const target = { type: "acquisition", name: id } as const;
		const { operation } = await catalog.operations.request({ kind: "safe-to-delete", target, by: "user:anna" }, 3_000);
		const carrying = { signal: ending.signal, tell: async () => {} };
		await expect(safeToDelete(context, operation, carrying)).rejects.toThrow(/abort/i);
		expect(await isMarked(id)).toBe(false);
	});
});
