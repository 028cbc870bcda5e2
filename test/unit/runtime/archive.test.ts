import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { systemClock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import type { Unit } from "#core/ports/ledger.ts";
import type { Member } from "#domain/acquisition.ts";
import { inputKey } from "#domain/object-keys.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { Settled, Verdict } from "#domain/verdict.ts";
import { archiving } from "#runtime/archive.ts";
import { acquisition } from "#test/support/acquisitions.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describe("the archive", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let root: string;
	let objects: Store;
	let events: InternalEvent[];
	let told: string[];
	const never = new AbortController().signal;

	class Store extends DirectoryObjectStore {
		away = false;
		puts = 0;
		override async head(key: string) {
			if (this.away) throw transient("S3_UNAVAILABLE", "nobody answers");
			return super.head(key);
		}
		override async putFile(key: string, file: string, sha256?: string) {
			this.puts++;
			await super.putFile(key, file, sha256);
		}
	}

	beforeEach(() => {
		directory = temporaryDirectory();
		root = join(directory.path, "data");
		mkdirSync(root);
		objects = new Store(join(directory.path, "objects"));
		events = [];
		told = [];
	});
	afterEach(() => directory.remove());

	const unit = { id: 1, source: "plates", looks: 0 } as Unit;
	function write(path: string, content: string): Member {
		writeFileSync(join(root, path), content);
		const sha256 = createHash("sha256").update(content).digest("hex");
		return { path, size: content.length, sha256, mtimeNs: "0", ctimeNs: "0", inode: "0" };
	}
	/** A judge that found these members, behind the archive of a source. */
	function judging(members: readonly Member[], source = "plates") {
		const found: Verdict<Settled> = {
			kind: "complete",
			value: { unit, acquisition: acquisition("run", "", { members }) },
		};
		const report = (event: InternalEvent) => void events.push(event);
		const stored = ({ id }: Unit) => void told.push(`stored ${id}, ${objects.puts} put`);
		const judge = archiving(async () => found, {
			objects,
			roots: new Map([[source, root]]),
			stored,
			clock: systemClock,
			report,
		});
		return () => judge(unit, never);
	}
	const kept = async ({ sha256 }: Member) => text(await objects.get(inputKey(sha256)));

	it("has every member under its digest before the unit is complete", async () => {
		const members = [write("a.csv", "first"), write("b.csv", "second")];
		expect(await judging(members)()).toMatchObject({ kind: "complete", value: { archived: {} } });
		expect(await Promise.all(members.map(kept))).toEqual(["first", "second"]);
	});

	it("keeps the same content once", async () => {
		await judging([write("a.csv", "same"), write("copy.csv", "same")])();
		expect(objects.puts).toBe(1);
	});

	it("says that a unit is stored once all of it is, before any of it is read back; not of what was there already", async () => {
		const members = [write("a.csv", "1"), write("b.csv", "2")];
		await judging(members)();
		expect(told).toEqual(["stored 1, 2 put"]);
		expect(await judging(members)()).toMatchObject({ kind: "complete", value: { archived: {} } });
		expect(told).toHaveLength(1);
	});

	it("leaves other sources alone", async () => {
		const verdict = await judging([write("a.csv", "1")], "others")();
		expect(verdict).toMatchObject({ kind: "complete", value: { unit } });
		expect(objects.puts).toBe(0);
	});

	it("stores again what is damaged in the store", async () => {
		const member = write("a.csv", "right");
		await objects.put(inputKey(member.sha256), "wrong");
		expect(await judging([member])()).toMatchObject({ kind: "complete" });
		expect(await kept(member)).toBe("right");
	});

	it("never keeps a file under the digest of what it was before", async () => {
		const member = write("a.csv", "older");
		write("a.csv", "newer");
		expect(await judging([member])()).toMatchObject({ kind: "waiting", for: expect.stringContaining("a.csv changed") });
		expect(await objects.head(inputKey(member.sha256))).toBeUndefined();
		expect(events).toEqual([]);
	});

	it("lets what cannot be kept wait, tells once that the store is away, and that it is back", async () => {
		const judge = judging([write("a.csv", "1")]);
		objects.away = true;
		expect(await judge()).toMatchObject({ kind: "waiting", for: expect.stringContaining("nobody answers") });
		expect(await judge()).toMatchObject({ kind: "waiting" });
		objects.away = false;
		expect(await judge()).toMatchObject({ kind: "complete", value: { archived: {} } });
		expect(events).toMatchObject([
			{ event: "neighbour.away", neighbour: "archive", error: { code: "S3_UNAVAILABLE" } },
			{ event: "neighbour.retried", neighbour: "archive", attempts: 2 },
			{ event: "neighbour.back", neighbour: "archive", attempts: 2 },
		]);
	});
});
