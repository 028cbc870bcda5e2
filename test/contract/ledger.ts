import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Conclusion, Ledger, LedgerEntry, Observation } from "#core/ports/ledger.ts";
import type { FileState } from "#domain/file-state.ts";
import { changed, dismissed, gone, ledgerBench, member, none, source } from "./ledger/bench.ts";
import { describeBursts } from "./ledger/bursts.ts";
import { describeFiles } from "./ledger/files.ts";
import { describeFolders } from "./ledger/folders.ts";
import { describeOrigins } from "./ledger/origins.ts";

export interface LedgerUnderTest {
	/** Opens the same, at first empty, ledger each time. */
	open(): Ledger;
	dispose(): void;
}

export function describeLedger(name: string, setUp: () => LedgerUnderTest): void {
	describe(`ledger: ${name}`, () => {
		let under: LedgerUnderTest;
		let ledger: Ledger;

		beforeEach(() => {
			under = setUp();
			ledger = under.open();
		});

		afterEach(() => {
			ledger.close();
			under.dispose();
		});

		const bench = ledgerBench(() => ledger);
		const { see, find, unit, told, settle } = bench;

		describeFiles(bench);
		describeFolders(bench);
		describeBursts(bench);
		describeOrigins(bench);

		describe("what waits", () => {
			it("is due earliest first, no more than asked for, without what is in hand", () => {
				see(
					changed("c", { wakeAt: 30 }),
					changed("a", { wakeAt: 10 }),
					changed("b", { wakeAt: 20 }),
					changed("d", { wakeAt: 99 }),
				);
				const paths = (max: number, except = none) => ledger.due(50, max, except).map((due) => due.path);
				expect(paths(10)).toEqual(["a", "b", "c"]);
				expect(paths(2)).toEqual(["a", "b"]);
				expect(paths(2, new Set([find("a").id]))).toEqual(["b", "c"]);
				expect(ledger.nextWake(none)).toBe(10);
				expect(ledger.nextWake(new Set([find("a").id, find("b").id]))).toBe(30);
			});

			it("waits on while it is stored and to be read back", () => {
				see(changed("a", { wakeAt: 10 }));
				const { id, generation } = find("a");
				ledger.conclude([{ unit: id, generation, state: "stored", at: 20 }]);
				expect([find("a").state, ledger.unjudged(), ledger.nextWake(none)]).toEqual(["stored", 1, 10]);
				expect(ledger.counts()).toEqual(new Map([["stored", 1]]));
				see(changed("a", { wakeAt: 10 }));
				expect(find("a").state).toBe("stored");
				see(gone("a", 30));
				expect([find("a").state, ledger.nextWake(none)]).toEqual(["ignored", undefined]);
			});

			it("can be asked for of some sources only", () => {
				see(changed("a", { wakeAt: 10 }));
				ledger.observe("other", [changed("b", { wakeAt: 5 })]);
				const due = (...of: string[]) => ledger.due(50, 1, none, of).map(({ path }) => path);
				expect([due(source), due("other"), due(), due(source, "other")]).toEqual([["a"], ["b"], [], ["b"]]);
				const next = (...of: string[]) => ledger.nextWake(none, of);
				expect([next(source), next("other"), next()]).toEqual([10, 5, undefined]);
				expect(ledger.nextWake(new Set([find("a").id]), [source])).toBeUndefined();
			});

			it("tells how a unit was published last, also when it is gone or was published before", () => {
				see(changed("a"), changed("b"));
				expect(ledger.publication(find("a").id)).toBeUndefined();
				settle("a");
				const { event, at } = ledger.publication(find("a").id) as { event: string; at: number };
				expect(told("a")?.at(-1)).toContain(`published as ${event}`);
				see(gone("a", 2_000));
				expect(ledger.publication(find("a").id)).toEqual({ event, at });
				const { id, generation } = find("b");
				for (const isTraced of [true, false]) {
					ledger.conclude([{ unit: id, generation, state: "settled", at: 4, members: [], event: "e2", isTraced }]);
					expect(ledger.publication(id)).toEqual({ event: "e2", at: 4, isTraced });
				}
				see(changed("b", { size: 11 }));
				const { generation: next } = find("b");
				ledger.conclude([{ unit: id, generation: next, state: "settled", at: 5, members: [], acquisition: "a1" }]);
				expect(ledger.publication(id)?.event).toBe("e2");
				see(changed("c"));
				const { id: known, generation: first } = find("c");
				ledger.conclude([{ unit: known, generation: first, state: "settled", at: 5, members: [], acquisition: "a1" }]);
				expect(ledger.publication(known)).toBeUndefined();
				expect(told("b")?.at(-1)).toContain("known to the catalog as a1");
			});

			it("is unjudged until somebody looked at its present version", () => {
				see(changed("a"), changed("b"));
				expect(ledger.unjudged()).toBe(2);
				const { id, generation } = find("a");
				ledger.conclude([{ unit: id, generation, state: "settling", at: 1, waitingFor: "quiet", wakeAt: 5 }]);
				settle("b");
				expect(ledger.unjudged()).toBe(0);
				see(changed("a", { size: 11 }));
				expect(ledger.unjudged()).toBe(1);
			});

			it("is counted with its source", () => {
				see(changed("a"), changed("b"));
				ledger.observe("other", [changed("c")]);
				settle("b");
				ledger.observe("other", [changed("d")]);
				see(changed("e"));
				expect([ledger.unjudged(), ledger.unjudged(["other"]), ledger.unjudged([])]).toEqual([4, 2, 0]);
				expect(Object.fromEntries(ledger.counts("plates"))).toEqual({ seen: 2, settled: 1 });
				expect(Object.fromEntries(ledger.counts("other"))).toEqual({ seen: 2 });
			});

			it("moves with the wall clock when that is stepped", () => {
				see(changed("a", { wakeAt: 10_000 }), dismissed("ignored", "b", "rule"));
				ledger.shift(-3_600_000.5);
				expect(ledger.nextWake(none)).toBe(10_000 - 3_600_000);
			});

			it("is traced: one trace a version, the same after a restart", () => {
				see(changed("a"), changed("b"));
				const first = unit("a").traceparent;
				expect(first).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
				expect(unit("b").traceparent).not.toBe(first);
				ledger.close();
				ledger = under.open();
				expect(unit("a").traceparent).toBe(first);
				see(changed("a", { size: 11 }));
				expect(unit("a").traceparent).not.toBe(first);
			});
		});

		describe("paths", () => {
			const awkward = [
				"ü.csv",
				"new\nline",
				"bad\udcff\udc80.csv",
				"back\\slash",
				`${"n".repeat(255)}`,
				"dir/%_*?",
				"🐇",
			];

			it("are bytes, and lose none", () => {
				see(...awkward.map((path) => changed(path)));
				for (const path of awkward) expect(find(path).path).toBe(path);
				expect([...ledger.entries(source)].map((entry) => entry.path).sort()).toEqual([...awkward].sort());
				expect(new Set(ledger.children(source, "").keys())).toEqual(
					new Set(awkward.filter((path) => !path.includes("/"))),
				);
			});

			it("are compared a directory at a time, without what lies deeper, other sources, and folders", () => {
				see(changed("a"), changed("d/b"), changed("d/e/c"), changed("run/x", { folder: "run" }));
				ledger.observe("other", [changed("z")]);
				expect([...ledger.children(source, "").keys()]).toEqual(["a"]);
				expect([...ledger.children(source, "d").keys()]).toEqual(["b"]);
				expect([...ledger.children(source, "run").values()].map((entry) => entry.path)).toEqual(["run/x"]);
				expect(ledger.children(source, "nowhere").size).toBe(0);
				expect(ledger.children("nobody", "").size).toBe(0);
			});

			it("can be compared in ranges of names, in the order of their bytes", () => {
				see(...["a", "b", "c", "é", "d\udcff"].map((path) => changed(`d/${path}`)));
				const between = (after: string | undefined, through: string | undefined) =>
					[...ledger.children(source, "d", { after, through }).keys()].sort();
				expect(between(undefined, "b")).toEqual(["a", "b"]);
				expect(between("b", "d\udcff")).toEqual(["c", "d\udcff"]);
				expect(between("d\udcff", undefined)).toEqual(["é"]);
				const first = (most: number, after?: string) => [
					...ledger.children(source, "d", { after, through: undefined, most }).keys(),
				];
				expect(first(2)).toEqual(["a", "b"]);
				expect(first(9, "c")).toEqual(["d\udcff", "é"]);
			});

			it("are listed by directory, then name, and by state", () => {
				see(changed("b/2"), changed("a"), changed("b/1"), changed("a-/x"), dismissed("ignored", "b/0", "rule"));
				settle("a");
				const list = (states?: FileState[]) =>
					[...ledger.entries(source, states && { states })].map((entry) => entry.path);
				expect(list()).toEqual(["a", "a-/x", "b/0", "b/1", "b/2"]);
				expect(list(["settled", "ignored"])).toEqual(["a", "b/0"]);
				expect(list([])).toEqual([]);
			});

			it("can change while they are listed, and a listing that is left half-way holds nothing", () => {
				see(...Array.from({ length: 2_500 }, (_, n) => changed(`d${n % 3}/f${n}`)));
				let listed = 0;
				for (const entry of ledger.entries(source)) {
					if (listed++ % 500 === 0) see(gone(entry.path, 1));
				}
				expect(listed).toBe(2_500);
				for (const _ of ledger.entries(source)) break;
				for (const _ of ledger.directories(source)) break;
				see(changed("more"));
			});

			it("are paged by the order in which they were first seen, over all sources, both ways", () => {
				see(changed("z"), changed("a"));
				ledger.observe("other", [changed("m")]);
				const page = (request: Omit<Parameters<Ledger["page"]>[0], "limit"> & { limit?: number }) =>
					ledger.page({ limit: 10, ...request }).map((entry) => `${entry.source}/${entry.path}`);
				expect(page({ order: "asc" })).toEqual(["plates/z", "plates/a", "other/m"]);
				expect(page({ order: "desc", limit: 2 })).toEqual(["other/m", "plates/a"]);
				expect(page({ order: "asc", beyond: find("z").id })).toEqual(["plates/a", "other/m"]);
				expect(page({ order: "desc", beyond: find("a").id })).toEqual(["plates/z"]);
				for (const others of [{ source: "other" }, { except: ["plates", "no"] }, { within: ["other", "no"] }])
					expect(page({ order: "asc", ...others })).toEqual(["other/m"]);
				expect([...page({ order: "asc", states: ["settled"] }), ...page({ order: "asc", within: [] })]).toEqual([]);
			});

			it("tell the directories that have something in them", () => {
				see(changed("top"), changed("a/1"), changed("a/b/2"), changed("gone/3"), changed("run/x", { folder: "run" }));
				see(gone("gone/3", 1));
				expect([...ledger.directories(source)]).toEqual(["", "a", "a/b", "run"]);
				expect([...ledger.directories("nobody")]).toEqual([]);
			});

			it("tell the directories below one of them, at any depth, and not those whose names begin alike", () => {
				see(...["top", "a/1", "a/b/2", "a/b/c/3", "a-/4", "a0/5", "a\udcff/6", "z/7"].map((path) => changed(path)));
				expect([...ledger.directories(source, "a")]).toEqual(["a/b", "a/b/c"]);
				expect([...ledger.directories(source, "a/b/c")]).toEqual([]);
				expect([...ledger.directories(source, "a\udcff")]).toEqual([]);
				expect([...ledger.directories(source, "")]).toEqual([...ledger.directories(source)].slice(1));
			});
		});

		it("keeps the newest of what repeats while something grows for days, and all that matters before", () => {
			see(changed("a"));
			settle("a");
			for (let n = 0; n < 200; n++) {
				see(changed("a", { at: 10 + n, size: 11 + n }));
				const { id, generation } = find("a");
				ledger.conclude([{ unit: id, generation, state: "settling", at: 10 + n, waitingFor: `quiet ${n}`, wakeAt: n }]);
			}
			const events = told("a") as string[];
			expect(events.slice(0, 2)).toEqual(["seen: 10 bytes", "settled: published as e1"]);
			expect(events.at(-1)).toBe("settling: quiet 199");
			expect(events.length).toBeLessThan(60);
		});

		it("has the same when much is seen at once as when it is seen one by one", () => {
			const path = (n: number) => (n % 4 === 0 ? `run-${n % 3}/${n}` : `d${n % 2}/${n}`);
			const seen = (n: number, what = "changed", size = 1): Observation => {
				if (what === "gone") return gone(path(n), 1);
				if (what === "ignored") return dismissed("ignored", path(n), "a rule");
				return changed(path(n), { size, folder: n % 4 === 0 ? path(n).slice(0, 5) : undefined });
			};
			const what = fc.constantFrom("changed", "ignored", "gone");
			const known = fc.array(fc.nat(300), { maxLength: 2 });
			const fresh = fc.uniqueArray(fc.nat(300), { minLength: 70, maxLength: 100, size: "max" });
			const more = fc.array(fc.record({ n: fc.nat(300), what, size: fc.nat(2) }), { maxLength: 20 });
			fc.assert(
				fc.property(known, fresh, more, (known, fresh, more) => {
					const [together, apart] = [`source ${runs++}`, `source ${runs++}`];
					const before = counted(ledger);
					for (const n of known) for (const of of [together, apart]) ledger.observe(of, [seen(n, "ignored")]);
					const observations = [...fresh.map((n) => seen(n)), ...more.map(({ n, what, size }) => seen(n, what, size))];
					ledger.observe(together, observations);
					for (const observation of observations) ledger.observe(apart, [observation]);
					const there = held(ledger, apart).filter(({ kind, isGone }) => kind !== "folder" && !isGone).length;
					expect(held(ledger, together)).toEqual(held(ledger, apart));
					expect(counted(ledger) - before).toBe(2 * there);
				}),
				{ numRuns: 10 },
			);
		});

		it("counts nothing of what was not written", () => {
			see(changed("a"));
			const before = ledger.counts();
			const unstorable = { size: Number.NaN, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
			expect(() => see(changed("b"), { ...changed("c"), stat: unstorable })).toThrow();
			expect(ledger.counts()).toEqual(before);
			see(changed("d"));
			expect(ledger.counts().get("seen")).toBe(2);
			expect(ledger.unjudged()).toBe(2);
		});

		it("has an identity of its own, the same whenever it is opened", () => {
			const { identity } = ledger;
			expect(identity).toMatch(/^[0-9a-f]{32}$/);
			ledger.close();
			ledger = under.open();
			expect(ledger.identity).toBe(identity);
		});

		it("keeps notes", () => {
			expect(ledger.note("outcomes")).toBeUndefined();
			ledger.setNote("outcomes", "1");
			ledger.setNote("outcomes", "2");
			expect(ledger.note("outcomes")).toBe("2");
		});

		it("has everything when it is opened again, and can be closed twice", () => {
			see(changed("a", { wakeAt: 5 }));
			ledger.setNote("n", "1");
			const before = find("a");
			ledger.close();
			ledger.close();
			ledger = under.open();
			expect(find("a")).toEqual(before);
			expect(ledger.nextWake(none)).toBe(5);
			expect(ledger.note("n")).toBe("1");
		});

		it("whatever happens: each path has one state, the counts agree, and nothing that is incomplete is forgotten", () => {
			fc.assert(
				fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
					const fresh = `source ${runs++}`;
					const before = ledger.counts();
					const unjudged = ledger.unjudged();
					for (const each of happenings) happen(ledger, fresh, each);
					const entries = [...ledger.entries(fresh)];
					const files = entries.filter((entry) => entry.kind !== "folder" && entry.goneAt === undefined);
					expect(new Set(entries.map((entry) => entry.path)).size).toBe(entries.length);
					const tally = new Map(before);
					for (const { state } of files) tally.set(state, (tally.get(state) ?? 0) + 1);
					expect(new Map([...ledger.counts()].sort())).toEqual(new Map([...tally].sort()));
					const due = ledger.due(1e15, 10_000, none).filter((unit) => unit.source === fresh);
					expect(ledger.unjudged() - unjudged).toBe(due.filter((unit) => unit.looks === 0).length);
					const waiting = new Set(due.map(({ id }) => id));
					for (const entry of entries) {
						const open = entry.state === "seen" || entry.state === "settling";
						if (entry.kind !== "member" && entry.goneAt === undefined && open) expect(waiting).toContain(entry.id);
						if (entry.goneAt !== undefined) expect(waiting).not.toContain(entry.id);
						if (entry.goneAt !== undefined) expect(open).toBe(false);
						if (entry.kind === "folder") {
							const members = ledger.members(entry.id).filter((member) => member.goneAt === undefined);
							expect(entry.goneAt === undefined).toBe(members.length > 0);
							expect(entry.stat.size).toBe(members.reduce((sum, member) => sum + member.stat.size, 0));
							for (const member of members) expect(member.state).toBe(entry.state);
						}
					}
				}),
				{ numRuns: 60 },
			);
		});
	});
}

let runs = 0;

function counted(ledger: Ledger): number {
	return [...ledger.counts().values()].reduce((sum, n) => sum + n, 0);
}

/** A folder's state and generation tell in how many scans its members came and went. */
function held(ledger: Ledger, source: string) {
	return [...ledger.entries(source)].map(({ path, kind, state, stat, reason, goneAt, generation }) => {
		const own = kind === "file" ? { state, reason, generation } : {};
		return { path, kind, size: stat.size, isGone: goneAt !== undefined, ...own };
	});
}

/** Something that a scan or a judge does, to a few paths of which some are members of a folder. */
const happening = fc.record({
	path: fc.constantFrom("a", "b", "run", "run/1", "run/2", "run/sub/3"),
	what: fc.constantFrom("changed", "changed", "gone", "ignored", "quarantined", "settled", "settling", "analysed"),
	size: fc.integer({ min: 0, max: 3 }),
	stale: fc.boolean(),
});

type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

function happen(ledger: Ledger, source: string, { path, what, size, stale }: Happening): void {
	const folder = path.startsWith("run/") ? "run" : undefined;
	const observations: Record<string, Observation> = {
		changed: changed(path, { folder, size }),
		gone: gone(path, 1),
		ignored: dismissed("ignored", path, "a rule"),
		quarantined: dismissed("quarantined", path, "a rule"),
	};
	const observation = observations[what];
	if (observation) ledger.observe(source, [observation]);
	else judge(ledger, ledger.find(source, folder ?? path), what, stale);
}

function judge(ledger: Ledger, unit: LedgerEntry | undefined, what: string, stale: boolean): void {
	if (!unit || (unit.goneAt !== undefined && what === "settled")) return;
	const files = (unit.kind === "folder" ? ledger.members(unit.id) : [unit]).filter((file) => file.goneAt === undefined);
	const judged = { unit: unit.id, generation: stale ? unit.generation - 1 : unit.generation, at: 1 };
	const conclusions: Record<string, Conclusion> = {
		settled: { ...judged, state: "settled", members: files.map((file) => member(file)), event: "e" },
		settling: { ...judged, state: "settling", waitingFor: "quiet", wakeAt: 5 },
		analysed: { ...judged, state: "analysed", reason: "r" },
	};
	ledger.conclude([conclusions[what] as Conclusion]);
}
