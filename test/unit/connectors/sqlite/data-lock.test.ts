import { existsSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataLock } from "#connectors/sqlite/data-lock.ts";
import { type Child, startChild } from "#test/support/child.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const holder = { startedAt: "2026-11-21T10:00:00.000Z", command: "watchrabbit up" };

describe("the lock on a data directory", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let data: string;
	const children: Child[] = [];

	beforeEach(() => {
		directory = temporaryDirectory();
		data = join(directory.path, "data");
	});

	afterEach(async () => {
		await Promise.all(children.splice(0).map((child) => child.kill()));
		directory.remove();
	});

	const start = () => {
		const child = startChild(new URL("./children/hold-data-lock.ts", import.meta.url), data);
		children.push(child);
		return child;
	};

	it("refuses a second one, naming the first and saying what to do", async () => {
		const lock = await DataLock.acquire(data, holder);
		const second = DataLock.acquire(data, holder);
		await expect(second).rejects.toMatchObject({
			code: "DATA_IN_USE",
			class: "permanent",
			message: `${data} is in use by process ${process.pid} on ${hostname()}, started at 2026-11-21T10:00:00.000Z as \`watchrabbit up\``,
			fix: expect.stringContaining("End that process first"),
		});
		lock.release();
	});

	it("is free again once it is released, which may be done twice, and leaves no name behind", async () => {
		const lock = await DataLock.acquire(data, holder);
		lock.release();
		lock.release();
		expect(existsSync(join(data, "up.json"))).toBe(false);
		(await DataLock.acquire(data, holder)).release();
	});

	it("names a holder in another process", async () => {
		const child = start();
		expect(await child.line()).toBe("held");
		await expect(DataLock.acquire(data, holder)).rejects.toThrow(`in use by process ${child.pid} on ${hostname()}`);
	});

	it("says where its holder tells how it is, for as long as that lives", async () => {
		const lock = await DataLock.acquire(data, holder);
		expect(DataLock.holder(data)).toEqual({ ...holder, pid: process.pid, host: hostname() });
		lock.name({ address: "http://127.0.0.1:9090" });
		expect(DataLock.holder(data)).toMatchObject({ pid: process.pid, address: "http://127.0.0.1:9090" });
		lock.release();
		lock.name({ address: "http://127.0.0.1:9091" });
		expect(DataLock.holder(data)).toBeUndefined();
		const child = start();
		await child.line();
		expect(DataLock.holder(data)?.pid).toBe(child.pid);
		await child.kill();
		expect(DataLock.holder(data)).toBeUndefined();
	});

	it("is not in the way when its holder was killed", async () => {
		const child = start();
		expect(await child.line()).toBe("held");
		await child.kill();
		expect(existsSync(join(data, "up.json"))).toBe(true);
		(await DataLock.acquire(data, holder)).release();
	});

	it("does not name a process that was killed before for the one that holds it now", async () => {
		const lock = await DataLock.acquire(data, holder);
		const dead = start();
		await dead.line();
		await dead.kill();
		writeFileSync(join(data, "up.json"), JSON.stringify({ ...holder, pid: dead.pid, host: hostname() }));
		await expect(DataLock.acquire(data, holder)).rejects.toThrow(`${data} is in use by another process`);
		lock.release();
	});

	it("is given to exactly one of several that start at once, and the others name it", async () => {
		const racers = Array.from({ length: 6 }, start);
		const said = await Promise.all(racers.map((child) => child.line()));
		const winner = said.indexOf("held");
		const refused = said.filter((line) => line !== "held");
		expect(refused).toHaveLength(5);
		for (const line of refused)
			expect(line).toMatch(`DATA_IN_USE ${data} is in use by process ${racers[winner]?.pid} `);
	});
});
