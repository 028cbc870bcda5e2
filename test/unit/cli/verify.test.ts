import { mkdirSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Workbench } from "#cli/application.ts";
import type { Difference } from "#cli/verify/difference.ts";
import { type Verification, verify } from "#cli/verify/verify.ts";
import { permanent } from "#core/errors.ts";
import { attemptPrefix, inputKey } from "#domain/object-keys.ts";
import { placesIn, workplaceIn } from "#domain/places.ts";
import { replayed } from "#test/support/acquisitions.ts";
import { SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;
let bench: Workbench;

beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
});

afterEach(() => lab.remove());

/** Asks, and does meanwhile what a running `up` would do while `verify` waits to ask again. */
async function verified(meanwhile: () => Promise<void> = async () => {}) {
	const differences: Difference[] = [];
	const verification: Verification = await verify(bench, {
		differs: async (difference) => void differences.push(difference),
		progress: () => {},
		pause: meanwhile,
	});
	const told = differences.map(({ kind, subject }) => `${kind} ${subject.replace(`${lab.directory.path}/`, "")}`);
	return { ...verification, told, differences };
}

async function analysed(path = "plate1.csv") {
	lab.write(path, `od of ${path}\n`);
	return await lab.analyse(bench, path);
}

const objects = (...path: string[]) => join(placesIn(lab.settings.data).objects, ...path);

describe("all is well", () => {
	test("with every file accounted for, in the state that the ledger has", async () => {
		await analysed("a.csv");
		await analysed("deep/down/b.csv");
		lab.write("c.csv", "more");
		lab.see(bench, "c.csv");
		expect(await verified()).toMatchObject({ unaccounted: 0, states: { analysed: 2, seen: 1, settled: 0 }, told: [] });
	});

	test("when a copy was linked to the result that existed", async () => {
		lab.write("a.csv", "same");
		lab.write("b.csv", "same");
		await lab.analyse(bench, "a.csv");
		await lab.takeIn(bench, await lab.settle(bench, "b.csv"));
		expect((await verified()).told).toEqual([]);
	});

	test("when a job is dead, and when one was replayed", async () => {
		lab.write("a.csv", "x");
		const { id } = await lab.takeIn(bench, await lab.settle(bench, "a.csv"));
		await lab.fail(bench, id);
		await lab.drain(bench);
		expect((await verified()).told).toEqual([]);
		await replayed(bench.catalog, id, Date.now(), "test");
		expect((await verified()).told).toEqual([]);
	});

	test("while an acquisition is in the log, and not yet in the catalog", async () => {
		lab.write("a.csv", "x");
		await lab.settle(bench, "a.csv");
		expect((await verified()).told).toEqual([]);
	});

	test("while a worker has stored what it has not committed", async () => {
		lab.write("a.csv", "x");
		const { id } = await lab.takeIn(bench, await lab.settle(bench, "a.csv"));
		await lab.store(bench, await lab.claim(bench, id));
		mkdirSync(join(workplaceIn(lab.settings.data).runs, `${id}-1`), { recursive: true });
		expect((await verified()).told).toEqual([]);
	});

	test("when what differed was in flight, and is there when it is asked again", async () => {
		lab.write("a.csv", "x");
		const { told } = await verified(async () => lab.see(bench, "a.csv"));
		expect(told).toEqual([]);
	});

	test("with names that are not UTF-8, hold a newline, or are as long as they can be", async () => {
		const bytes = Buffer.concat([Buffer.from(`${lab.root}/`), Buffer.from([0x80, 0xff]), Buffer.from(".csv")]);
		writeFileSync(bytes, "x");
		lab.write("two\nlines.csv", "y");
		lab.write(`${"n".repeat(251)}.csv`, "z");
		expect((await verified()).unaccounted).toBe(3);
		for (const path of ["\udc80\udcff.csv", "two\nlines.csv", `${"n".repeat(251)}.csv`]) {
			bench.ledger.observe("plates", [
				{ kind: "ignored", path, stat: { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n }, at: 1, reason: "test" },
			]);
		}
		expect(await verified()).toMatchObject({ unaccounted: 0, states: { ignored: 3 } });
	});
});

describe("a difference is told", () => {
	test("for a file on disk that the ledger does not know", async () => {
		lab.write("new.csv", "x");
		expect((await verified()).told).toEqual(["file-unknown plates/new.csv"]);
	});

	test("for a file that is gone, and the ledger does not say so", async () => {
		await analysed("a.csv");
		rmSync(join(lab.root, "a.csv"));
		expect((await verified()).told).toEqual(["file-gone plates/a.csv"]);
	});

	test("for a file that changed after it was analysed, unnoticed", async () => {
		await analysed("a.csv");
		lab.write("a.csv", "longer than it was before");
		expect((await verified()).told).toEqual(["file-changed plates/a.csv"]);
	});

	test("for a file whose content changed while its size and times did not", async () => {
		await analysed("a.csv");
		const database = new DatabaseSync(placesIn(lab.settings.data).ledger);
		database.exec("UPDATE entry SET sha256 = zeroblob(32)");
		database.close();
		expect((await verified()).told).toContain("file-damaged plates/a.csv");
	});

	test("for a settled file that neither log nor catalog has", async () => {
		lab.write("a.csv", "x");
		lab.see(bench, "a.csv");
		const { id: unit, generation } = bench.ledger.find("plates", "a.csv") as { id: number; generation: number };
		const { members } = await settledElsewhere("a.csv");
		bench.ledger.conclude([{ unit, generation, state: "settled", at: Date.now(), members, event: "e" }]);
		expect((await verified()).told).toEqual(["acquisition-missing plates/a.csv"]);
	});

	test("for an analysed file whose result is not in the catalog", async () => {
		lab.write("a.csv", "x");
		await lab.takeIn(bench, await lab.settle(bench, "a.csv"));
		const { id: unit, generation } = bench.ledger.find("plates", "a.csv") as { id: number; generation: number };
		bench.ledger.conclude([{ unit, generation, state: "analysed", at: Date.now(), reason: "result r1" }]);
		expect((await verified()).told).toEqual(["result-missing plates/a.csv"]);
	});

	test("for a file that is no longer in the archive as it was, and not for one that settled before its source had one", async () => {
		const sources = bench.settings.sources.map((source) => ({ ...source, archive: true }));
		bench = { ...bench, settings: { ...bench.settings, sources } };
		for (const path of ["a.csv", "b.csv", "c.csv", "before.csv"]) {
			lab.write(path, path);
			const acquisition = await lab.settle(bench, path);
			await lab.takeIn(bench, acquisition);
			if (path === "before.csv") continue;
			const { members } = acquisition;
			const { id: unit, generation } = bench.ledger.find("plates", path) as { id: number; generation: number };
			bench.ledger.conclude([{ unit, generation, state: "verified", at: Date.now(), members, event: "e" }]);
			await bench.objects.put(inputKey(members[0]?.sha256 ?? ""), path === "b.csv" ? "other" : path);
			if (path === "c.csv") await bench.objects.remove([inputKey(members[0]?.sha256 ?? "")]);
		}
		expect((await verified()).told).toEqual(["input-lost plates/b.csv", "input-lost plates/c.csv"]);
	});

	test("for a manifest that the store itself finds damaged and does not give, and goes on", async () => {
		const { job } = await analysed();
		const get = bench.objects.get.bind(bench.objects);
		const damaged = `${attemptPrefix(job, 1)}manifest.json`;
		bench.objects.get = async (key, range) => {
			if (key === damaged) throw permanent("OBJECT_DAMAGED", "not what was stored");
			return get(key, range);
		};
		expect((await verified()).told).toEqual([expect.stringMatching(/^manifest-damaged r/)]);
	});

	test("for a manifest that is missing, and one that is not what was committed", async () => {
		const one = await analysed("a.csv");
		const two = await analysed("b.csv");
		rmSync(objects("results", `${one.job}-1`, "manifest.json"));
		writeFileSync(objects("results", `${two.job}-1`, "manifest.json"), "{}");
		const { told } = await verified();
		expect(told.toSorted()).toEqual([`manifest-damaged ${two.result}`, `manifest-missing ${one.result}`].toSorted());
	});

	test("for a catalog that does not say what the manifest says", async () => {
		const { result } = await analysed("a.csv");
		const database = new DatabaseSync(placesIn(lab.settings.data).catalog);
		database.exec("UPDATE measurements SET value = 2.5");
		database.close();
		const { told, differences } = await verified();
		expect(told).toEqual([`manifest-differs ${result}`]);
		expect(differences[0]?.detail).toBe("manifest and catalog do not agree on measurements");
	});

	test("for an artifact that is missing or damaged, and a log that is missing", async () => {
		const one = await analysed("a.csv");
		const two = await analysed("b.csv");
		rmSync(objects("results", `${one.job}-1`, "artifacts/plots/fit.html"));
		rmSync(objects("results", `${one.job}-1`, "log.txt"));
		truncateSync(objects("results", `${two.job}-1`, "artifacts/plots/fit.html"), 4);
		const { told } = await verified();
		expect(told.toSorted()).toEqual(
			[
				`object-missing results/${one.job}-1/artifacts/plots/fit.html`,
				`object-missing results/${one.job}-1/log.txt`,
				`object-damaged results/${two.job}-1/artifacts/plots/fit.html`,
			].toSorted(),
		);
	});

	test("for objects of no attempt, of an attempt without a result, and beside a result", async () => {
		const { job } = await analysed("a.csv");
		await bench.objects.put("stray.txt", "x");
		await bench.objects.put("results/jnobody-1/log.txt", "x");
		await bench.objects.put(`results/${job}-7/log.txt`, "x");
		await bench.objects.put(`results/${job}-1/artifacts/other.txt`, "x");
		expect((await verified()).told.toSorted()).toEqual(
			[
				"object-stray stray.txt",
				"object-stray results/jnobody-1/log.txt",
				`object-stray results/${job}-7/log.txt`,
				`object-stray results/${job}-1/artifacts/other.txt`,
			].toSorted(),
		);
	});

	test("for what is temporary and belongs to nothing that runs", async () => {
		const { data } = lab.settings;
		const places = { ...placesIn(data), ...workplaceIn(data) };
		const { job } = await analysed("a.csv");
		mkdirSync(join(workplaceIn(join(places.processes, "2")).runs, `${job}-9`), { recursive: true });
		mkdirSync(join(places.runs, `${job}-1`), { recursive: true });
		mkdirSync(join(places.analyses, "abc.42.partial"), { recursive: true });
		const [temporary] = readdirSync(places.objects).filter((name) => name.startsWith("."));
		writeFileSync(join(places.objects, temporary ?? "", "half"), "x");
		expect((await verified()).told.toSorted()).toEqual(
			[
				`temporary-left data/processes/2/runs/${job}-9`,
				`temporary-left data/runs/${job}-1`,
				"temporary-left data/analyses/abc.42.partial",
				`temporary-left data/objects/${join(temporary ?? "", "half")}`,
			].toSorted(),
		);
	});

	test("for a job in a state that contradicts it", async () => {
		const { job } = await analysed("a.csv");
		const database = new DatabaseSync(placesIn(lab.settings.data).catalog);
		database.exec("UPDATE jobs SET state = 'running'");
		database.close();
		const { told, differences } = await verified();
		expect(told).toContain(`job-impossible ${job}`);
		expect(differences[0]?.detail).toContain("running, and nobody holds it");
	});

	test("for jobs that are queued, and the queue knows nothing of them", async () => {
		lab.write("a.csv", "x");
		await lab.takeIn(bench, await lab.settle(bench, "a.csv"));
		await lab.drain(bench);
		expect((await verified()).told).toEqual(["hint-lost work queue"]);
	});

	test("and a source that cannot be read is no difference but an error: nothing can be said about its files", async () => {
		rmSync(lab.root, { recursive: true });
		await expect(verified()).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE", class: "transient" });
	});
});

describe("as a command", () => {
	test("it prints the counts and ends with 0", async () => {
		await analysed("a.csv");
		expect(await lab.run("verify")).toEqual({ exitCode: 0, stdout: "analysed  1\nunaccounted: 0\n", stderr: "" });
	});

	test("it prints every difference with what to do about it, and ends with 1", async () => {
		lab.write("new.csv", "x");
		utimesSync(join(lab.root, "new.csv"), 0, 0);
		const { exitCode, stdout } = await lab.run("verify");
		expect(exitCode).toBe(1);
		expect(stdout).toBe(
			`file-unknown  ${lab.root}/new.csv\n    on disk, and not in the ledger\n    → Start \`watchrabbit up\`: its scan takes it in.\nunaccounted: 1\n`,
		);
	});

	test("it is one JSON object, with and without differences", async () => {
		expect(JSON.parse((await lab.run("verify", "--json")).stdout)).toMatchObject({ unaccounted: 0, differences: [] });
		lab.write("new.csv", "x");
		lab.write("newer.csv", "x");
		const { exitCode, stdout } = await lab.run("verify", "--json");
		expect(exitCode).toBe(1);
		expect(JSON.parse(stdout)).toMatchObject({
			unaccounted: 2,
			states: { seen: 0, settling: 0, settled: 0, analysed: 0, ignored: 0, quarantined: 0 },
			differences: [{ kind: "file-unknown" }, { kind: "file-unknown" }],
		});
	});

	test("it ends with 3 when a source cannot be reached", async () => {
		rmSync(lab.root, { recursive: true });
		const { exitCode, stderr } = await lab.run("verify");
		expect(exitCode).toBe(3);
		expect(stderr).toContain("SOURCE_UNREACHABLE");
	});
});

/** The members of an acquisition as they would be, settled in another lab. */
async function settledElsewhere(path: string) {
	const other = new SmallLab({ watch: lab.root });
	try {
		return await other.with((elsewhere) => other.settle(elsewhere, path));
	} finally {
		await other.remove();
	}
}
