import { afterEach, beforeEach, expect, test } from "vitest";
import type { Workbench } from "#cli/application.ts";
import { verify } from "#cli/verify/verify.ts";
import type { Settings } from "#domain/settings.ts";
import { noteWatchLease, watchedElsewhere, watchLease } from "#domain/watched-elsewhere.ts";
import { SmallLab } from "#test/support/small-lab.ts";

/** A share that this host watched, and then another was given. */
const name = watchLease("plates", "share");
let lab: SmallLab;
let bench: Workbench;

beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
	lab.write("done.csv", "1");
	await lab.analyse(bench, "done.csv");
	const now = Date.now();
	noteWatchLease(bench.ledger, "plates", { name, token: (await bench.catalog.lease(name, "here", 6_000, now)) ?? 0 });
	await bench.catalog.endLease(name, "here");
	lab.write("later.csv", "2");
	lab.see(bench, "later.csv");
});

afterEach(() => lab.remove());

const goesToAnother = () => bench.catalog.lease(name, "there", 60_000, Date.now());

async function verified() {
	const services = { ...lab.settings.services, catalog: {} as Settings["services"]["catalog"] };
	const differs = async () => {};
	const witness = { differs, progress: () => {}, pause: async () => {} };
	return await verify({ ...bench, settings: { ...lab.settings, services } as Settings }, witness);
}

async function why(path: string) {
	const { stdout } = await lab.run("why", path, "--json");
	const { state, events } = JSON.parse(stdout) as { state: string; events: { detail: string }[] };
	return { state, now: events.at(-1)?.detail };
}

test("while nobody else was given the share, this host tells of it, also when it watches no more", async () => {
	expect((await verified()).elsewhere).toEqual(new Map());
	expect((await verified()).states).toMatchObject({ analysed: 1, seen: 1 });
	expect(await why("plates/later.csv")).toMatchObject({ state: "seen" });
	const other = watchLease("plates", "another directory under the same name");
	await bench.catalog.lease(other, "there", 60_000, Date.now());
	expect((await verified()).elsewhere).toEqual(new Map());
});

test("once another was given it, verify names who, and counts nothing of it here", async () => {
	await goesToAnother();
	lab.write("unseen.csv", "3");
	expect(await verified()).toMatchObject({
		elsewhere: new Map([["plates", "there"]]),
		states: { analysed: 0, seen: 0 },
		unaccounted: 0,
	});
	await bench.catalog.endLease(name, "there");
	expect((await verified()).elsewhere).toEqual(new Map([["plates", undefined]]));
});

test("once another was given it, files are those that the catalog took in, with who watches them", async () => {
	await goesToAnother();
	const { stdout } = await lab.run("list", "files", "--json");
	expect(
		stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line)),
	).toMatchObject([{ path: "done.csv", toldBy: "catalog", watchedBy: "there" }]);
	expect((await lab.run("list", "files")).stdout).toContain("watched by there");
});

test("once another was given it, why tells what the catalog knows, and whom to ask", async () => {
	await goesToAnother();
	expect(await why("plates/done.csv")).toMatchObject({
		state: "analysed",
		now: expect.stringContaining("there, which watches its source now"),
	});
	expect(await why("plates/later.csv")).toMatchObject({
		state: "unknown",
		now: expect.stringContaining("source plates takes it, and is watched by there"),
	});
});

test("a source that this host never had is another's, with who watches it", async () => {
	await bench.catalog.lease(watchLease("far", "share"), "there", 60_000, Date.now());
	const asked = await watchedElsewhere(bench, ["plates", "far", "farther"], Date.now());
	expect(asked).toEqual(
		new Map([
			["far", "there"],
			["farther", undefined],
		]),
	);
});

test("of a source that had another directory before, it is who watches it now that is named", async () => {
	const before = watchLease("far", "a directory of before");
	await bench.catalog.lease(before, "nobody any more", 60_000, Date.now());
	await bench.catalog.endLease(before, "nobody any more");
	await bench.catalog.lease(watchLease("far", "share"), "there", 60_000, Date.now());
	expect(await watchedElsewhere(bench, ["far"], Date.now())).toEqual(new Map([["far", "there"]]));
});
