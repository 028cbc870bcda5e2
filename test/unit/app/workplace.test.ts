import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { takeWorkplace, type Workplace } from "#app/workplace.ts";
import type { Role } from "#cli/application.ts";
import type { ServiceSettings } from "#domain/settings.ts";
import { embedded } from "#test/support/embedded.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const shared: ServiceSettings = {
	broker: { url: "amqp://broker", partitions: 1, retention: { ageMs: 1, bytes: 1 }, tls: undefined },
	catalog: { url: "postgres://db/x", connections: 2, statementTimeoutMs: 1, tls: undefined },
	objects: {
		bucket: "b",
		prefix: "",
		endpoint: undefined,
		region: undefined,
		pathStyle: false,
		encryption: undefined,
	},
	cache: undefined,
	kafka: undefined,
};

describe("the place of a process", () => {
	let data: string;
	let remove: () => void;
	const taken: Workplace[] = [];
	beforeEach(() => {
		({ path: data, remove } = temporaryDirectory());
	});
	afterEach(() => {
		for (const workplace of taken.splice(0)) workplace.leave();
		remove();
	});

	async function take(services: ServiceSettings, ...roles: Role[]): Promise<Workplace> {
		const workplace = await takeWorkplace({ data, services }, roles);
		taken.push(workplace);
		return workplace;
	}

	test.each([
		["everything is embedded", embedded],
		["the catalog is", { ...shared, catalog: undefined }],
		["log and queue are", { ...shared, broker: undefined }],
		["the objects are", { ...shared, objects: undefined }],
	])("is the whole data directory, and one process's alone, where %s", async (_, services) => {
		expect((await take(services, "work")).directory).toBe(data);
		await expect(take(services, "work")).rejects.toMatchObject({ code: "DATA_IN_USE" });
	});

	test("is the data directory where it watches: the ledger lies there, and has one writer", async () => {
		expect(await take(shared, "watch")).toMatchObject({ directory: data, alone: false });
		await expect(take(shared, "watch", "serve")).rejects.toMatchObject({ code: "DATA_IN_USE" });
	});

	test("is a numbered one where all that it needs is shared, the first that is free", async () => {
		const numbered = (number: number) => join(data, "processes", String(number));
		const watching = await take(shared, "watch");
		const first = await take(shared, "work");
		const second = await take(shared, "flow", "serve");
		expect([first.directory, second.directory]).toEqual([numbered(1), numbered(2)]);
		expect(new Set([watching, first, second].map(({ installation }) => installation)).size).toBe(3);
		first.leave();
		expect(await take(shared, "work")).toMatchObject({ directory: numbered(1), installation: first.installation });
	});

	test("tells who has a catalog to himself: what he finds begun in it is nobody's", async () => {
		expect((await take(embedded, "work")).alone).toBe(true);
		expect((await take(shared, "work")).alone).toBe(false);
	});
});
