import { describe, expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import type { OperationRequest } from "#core/ports/operations.ts";
import { everything, type OperationKind, type Target, type TargetType } from "#domain/operation.ts";
import { acquisition, arrival, claimed, complete, intake, plan, queued, relayed } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";
import { expectCounted } from "./counts.ts";

const by = "user:anna";

export function on(type: TargetType, name: string, path?: string): Target {
	return { type, name, ...(path !== undefined && { path }) };
}

export async function ask(
	catalog: Catalog,
	kind: OperationKind,
	target: Target,
	more: Partial<OperationRequest> = {},
	now = 3_000,
) {
	return await catalog.operations.request({ kind, target, by, ...more }, now);
}

/** What people ask for, as rows; what is held back is in pauses.ts, and jobs that are cancelled in cancelling.ts. */
export function describeOperations(under: () => CatalogUnderTest): void {
	describe("operations", () => {
		it("are noted with who, when and why, and in the audit log in the same turn", async () => {
			const { catalog } = under();
			const { operation } = await ask(catalog, "pause", on("source", "plates"), {
				why: "new firmware",
				request: "r-1",
			});
			expect(operation).toMatchObject({
				kind: "pause",
				target: { type: "source", name: "plates" },
				source: "plates",
				pipeline: undefined,
				state: "completed",
				requestedBy: by,
				why: "new firmware",
				requestedAt: 3_000,
				endedAt: 3_000,
				progress: { done: 1, total: 1 },
			});
			expect(await catalog.operations.one(operation.id)).toEqual(operation);
			const { items } = await catalog.audit.page({ limit: 10, filter: {} });
			expect(items).toMatchObject([
				{ actor: by, action: "source.pause", target: "source:plates", why: "new firmware", request: "r-1", at: 3_000 },
			]);
		});

		it("that are refused leave nothing behind", async () => {
			const { catalog } = under();
			const [job] = await queued(catalog, "a");
			await complete(catalog, job ?? "");
			const cases: readonly [OperationKind, Target, string][] = [
				["cancel", on("job", "jnone"), "TARGET_UNKNOWN"],
				["replay", on("job", "jnone"), "TARGET_UNKNOWN"],
				["safe-to-delete", on("acquisition", "anone"), "TARGET_UNKNOWN"],
				["cancel", on("job", job ?? ""), "OPERATION_REFUSED"],
			];
			for (const [kind, target, code] of cases) {
				await expect(ask(catalog, kind, target)).rejects.toMatchObject({ code });
			}
			expect((await catalog.operations.page({ limit: 10, filter: {} })).items).toEqual([]);
			expect(await catalog.audit.head()).toBeUndefined();
			expect(await catalog.operations.latest()).toBe(0);
		});

		it("under the same key of the same requester are one, also when asked at the same time", async () => {
			const { catalog } = under();
			const target = on("pool", "default");
			const asked = await Promise.all([1, 2, 3].map(() => ask(catalog, "pause", target, { key: "k" })));
			expect(new Set(asked.map(({ operation }) => operation.id)).size).toBe(1);
			const another = await ask(catalog, "pause", target, { key: "k", by: "user:bert" });
			expect(another.operation.id).not.toBe(asked[0]?.operation.id);
			await expect(ask(catalog, "resume", target, { key: "k" })).rejects.toMatchObject({
				code: "IDEMPOTENCY_KEY_REUSED",
			});
		});

		it("under the same key are answered the same, whatever became of it since", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(plate)]));
			const job = plan(plate).id;
			await complete(catalog, job);
			const request = { kind: "replay", target: on("job", job), by, key: "k" } as const;
			expect(await catalog.operations.repeated(request)).toBeUndefined();
			const first = await ask(catalog, "replay", on("job", job), { key: "k" });
			expect(first).toMatchObject({ already: false, job });
			expect(await ask(catalog, "replay", on("job", job), { key: "k" })).toEqual(first);
			expect(await catalog.operations.repeated(request)).toEqual(first);
			const again = await ask(catalog, "replay", on("job", job), { key: "l" });
			expect(again.already).toBe(true);
			expect(await ask(catalog, "replay", on("job", job), { key: "l" })).toEqual(again);
		});

		it("of names with a NUL are nobody's", async () => {
			const { catalog } = under();
			const cases: readonly [OperationKind, TargetType][] = [
				["cancel", "job"],
				["resume", "pool"],
				["release", "file"],
				["safe-to-delete", "acquisition"],
			];
			for (const [kind, type] of cases) {
				await expect(ask(catalog, kind, on(type, "a\0b"))).rejects.toMatchObject({ code: "TARGET_UNKNOWN" });
			}
			expect(await catalog.operations.one("a\0b")).toBeUndefined();
			const filters = [{ source: "a\0b" }, { pipeline: "a\0b" }, { requestedBy: "a\0b" }];
			for (const filter of filters) expect((await catalog.operations.page({ limit: 1, filter })).items).toEqual([]);
		});

		it("are forgotten when they were over for long, and what a killed process held back with them", async () => {
			const { catalog } = under();
			const scan = await ask(catalog, "rescan", on("source", "plates"));
			await ask(catalog, "pause", on("source", "plates"), {}, 4_000);
			await ask(catalog, "drain", on("process", "host:1"), {}, 4_000);
			expect(await catalog.forgetOperations(4_000, 10)).toBe(0);
			expect(await catalog.forgetOperations(100_000, 10)).toBe(1);
			await catalog.operations.end(scan.operation.id, { state: "completed", message: "" }, 99_000);
			expect(await catalog.forgetOperations(100_000, 10)).toBe(1);
			const { items } = await catalog.operations.page({ limit: 10, filter: {} });
			expect(items.map(({ kind }) => kind)).toEqual(["drain"]);
			expect(await catalog.operations.pauses(0)).toMatchObject([{ on: { type: "source" } }]);
		});

		it("say so where it is so already, and change nothing", async () => {
			const { catalog } = under();
			await ask(catalog, "pause", on("pipeline", "elisa"), { why: "new script" });
			const [pause] = await catalog.operations.pauses(3_000);
			const again = await ask(catalog, "pause", on("pipeline", "elisa"), { by: "user:bert" }, 9_000);
			expect(again.already).toBe(true);
			expect(again.operation).toMatchObject({ state: "completed" });
			expect(again.operation.progress.message).toContain("by user:anna: new script");
			expect(await catalog.operations.pauses(9_000)).toEqual([pause]);
			expect((await ask(catalog, "resume", on("source", "plates"))).already).toBe(true);
		});

		it("stay open until who carries them out ends them, whoever that is", async () => {
			const { catalog, reopen } = under();
			const { operation } = await ask(catalog, "rescan", on("source", "plates"));
			expect(operation.state).toBe("requested");
			await catalog.operations.tell(operation.id, { done: 2, total: 5, message: "scanning" }, 4_000);
			const after = await reopen();
			const of = { kinds: ["rescan"] as const, sources: ["plates"] };
			expect(await after.operations.open(of, 10)).toMatchObject([
				{ id: operation.id, state: "running", startedAt: 4_000, progress: { done: 2, total: 5, message: "scanning" } },
			]);
			expect(await after.operations.open({ ...of, sources: ["others"] }, 10)).toEqual([]);
			expect(await after.operations.open({ ...of, kinds: ["release"] }, 10)).toEqual([]);
			expect(await after.operations.open({ kinds: ["rescan"], targets: ["file"] }, 10)).toEqual([]);
			expect(await after.operations.end(operation.id, { state: "completed", message: "scanned" }, 5_000)).toBe(true);
			expect(await after.operations.end(operation.id, { state: "completed", message: "twice" }, 6_000)).toBe(false);
			await after.operations.tell(operation.id, { done: 0, total: 0, message: "late" }, 6_000);
			expect(await after.operations.one(operation.id)).toMatchObject({
				state: "completed",
				endedAt: 5_000,
				progress: { done: 5, total: 5, message: "scanned" },
			});
			expect(await after.operations.open(of, 10)).toEqual([]);
			const { items } = await after.audit.page({ limit: 10, filter: { action: "operation.completed" } });
			expect(items).toMatchObject([{ actor: "watchrabbit", target: `operation:${operation.id}` }]);
		});

		it("that fail say why, and take back what they held back", async () => {
			const { catalog } = under();
			const drain = await ask(catalog, "drain", on("process", "host:1"));
			const gone = { code: "PROCESS_GONE", message: "it is gone" };
			await catalog.operations.end(drain.operation.id, { state: "failed", error: gone }, 3_500);
			expect(await catalog.operations.pauses(3_000)).toEqual([]);
			const { operation } = await ask(catalog, "quarantine", on("file", "plates", "a.csv"));
			expect(await catalog.operations.pauses(3_000)).toMatchObject([{ on: { path: "a.csv" } }]);
			const error = { code: "TARGET_UNKNOWN", message: "nothing is there", fix: "Look." };
			await catalog.operations.end(operation.id, { state: "failed", error }, 4_000);
			expect(await catalog.operations.one(operation.id)).toMatchObject({ state: "failed", error });
			expect(await catalog.operations.pauses(4_000)).toEqual([]);
		});

		it("are listed the newest first, page by page, by kind, state, requester and scope", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(plate)]));
			await ask(catalog, "pause", on("source", "plates"));
			await ask(catalog, "cancel", on("job", plan(plate).id), { by: "user:bert" });
			await ask(catalog, "rescan", on("source", "others"));
			await ask(catalog, "drain", everything);
			const kinds = async (request: Partial<Parameters<typeof catalog.operations.page>[0]>) => {
				const { items } = await catalog.operations.page({ limit: 10, filter: {}, ...request });
				return items.map(({ kind }) => kind);
			};
			expect(await kinds({})).toEqual(["drain", "rescan", "cancel", "pause"]);
			expect(await kinds({ order: "asc" })).toEqual(["pause", "cancel", "rescan", "drain"]);
			expect(await kinds({ filter: { state: ["requested"] } })).toEqual(["drain", "rescan"]);
			expect(await kinds({ filter: { kind: "cancel" } })).toEqual(["cancel"]);
			expect(await kinds({ filter: { requestedBy: "user:bert" } })).toEqual(["cancel"]);
			expect(await kinds({ filter: { source: "plates" } })).toEqual(["cancel", "pause"]);
			expect(await kinds({ filter: { since: 3_001 } })).toEqual([]);
			expect(await kinds({ scope: { sources: ["plates"], pipelines: [] } })).toEqual(["pause"]);
			expect(await kinds({ scope: { sources: [], pipelines: ["elisa"] } })).toEqual(["cancel"]);
			const first = await catalog.operations.page({ limit: 3, filter: {} });
			expect(await kinds({ limit: 3, cursor: first.next ?? "" })).toEqual(["pause"]);
			await expect(kinds({ cursor: "x" })).rejects.toMatchObject({ code: "CURSOR_INVALID" });
		});

		it("replay: the job is queued again, and a plan that is another job says which one runs", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(plate)]));
			const old = plan(plate).id;
			expect(await ask(catalog, "replay", on("job", old))).toMatchObject({ already: true, job: old });
			await complete(catalog, old);
			await relayed(catalog);
			const again = await ask(catalog, "replay", on("job", old), { why: "other plate map" });
			expect(again).toMatchObject({ already: false, job: old, operation: { state: "completed", pipeline: "elisa" } });
			expect(await relayed(catalog)).toEqual([old]);
			const told = await catalog.history(old);
			expect(told.at(-1)?.detail).toBe("replayed by user:anna: other plate map");
			const another = plan(plate, { params: { model: "5PL" } });
			expect(await ask(catalog, "replay", on("job", old), { plan: another })).toMatchObject({ job: another.id });
			const run = await claimed(catalog, another.id);
			const third = plan(plate, { params: { model: "3PL" } });
			const asked = await ask(catalog, "replay", on("job", run.id), { plan: third });
			expect(asked).toMatchObject({ already: true, job: run.id });
			expect(asked.operation.progress.message).toMatch(/runs, with the analysis that it began with/);
			await expectCounted(catalog);
		});
	});

	describe("an acquisition that is safe to delete", () => {
		it("is marked with what was read back, until a newer version supersedes it", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			const { acquisitions } = await catalog.commitIntake(intake([arrival(plate)]));
			const id = acquisitions[0]?.id ?? "";
			const result = await complete(catalog, plan(plate).id);
			const { operation } = await ask(catalog, "safe-to-delete", on("acquisition", id));
			expect(operation).toMatchObject({ state: "requested", source: "plates" });
			await catalog.operations.markSafe(operation.id, id, [result], 5_000);
			expect(await catalog.acquisition(id)).toMatchObject({ safeToDeleteSince: 5_000 });
			expect(await catalog.operations.one(operation.id)).toMatchObject({ state: "completed" });
			expect((await ask(catalog, "safe-to-delete", on("acquisition", id))).already).toBe(true);
			await catalog.commitIntake(intake([arrival(acquisition("a", "B"))]));
			expect(await catalog.acquisition(id)).toMatchObject({ safeToDeleteSince: undefined });
			await expect(ask(catalog, "safe-to-delete", on("acquisition", id))).rejects.toMatchObject({
				code: "OPERATION_REFUSED",
			});
		});

		it("is not marked when what was made of it changed meanwhile", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			const { acquisitions } = await catalog.commitIntake(intake([arrival(plate)]));
			const id = acquisitions[0]?.id ?? "";
			const job = plan(plate).id;
			const { operation } = await ask(catalog, "safe-to-delete", on("acquisition", id));
			const mark = (results: string[]) => catalog.operations.markSafe(operation.id, id, results, 5_000);
			const refusal = { code: "OPERATION_REFUSED" };
			await expect(mark([])).rejects.toMatchObject(refusal);
			const first = await complete(catalog, job);
			await expect(mark([])).rejects.toMatchObject(refusal);
			await ask(catalog, "replay", on("job", job));
			await expect(mark([first])).rejects.toMatchObject(refusal);
			const run = await claimed(catalog, job, 6_000);
			await expect(mark([first])).rejects.toMatchObject(refusal);
			expect(run.attempt).toBe(1);
			expect(await catalog.acquisition(id)).toMatchObject({ safeToDeleteSince: undefined });
			expect(await catalog.operations.one(operation.id)).toMatchObject({ state: "requested" });
		});
	});
}
