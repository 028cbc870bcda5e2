import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import { permanent } from "#core/errors.ts";
import type {
	Carries,
	OperationEnd,
	OperationPage,
	OperationProgress,
	OperationRequest,
	OperationsCatalog,
	Requested,
} from "#core/ports/operations.ts";
import { type OperationKind, type Target, targetInWords } from "#domain/operation.ts";
import { appendAudit } from "./audit.ts";
import { endOperation, forgetProcess, openStates } from "./end-operation.ts";
import { nameToColumn, proseToColumn } from "./name-column.ts";
import { type Begin, type Begun, unknown } from "./operations/begun.ts";
import { cancel } from "./operations/cancel.ts";
import { drain } from "./operations/drain.ts";
import { pause } from "./operations/pause.ts";
import { quarantine } from "./operations/quarantine.ts";
import { release } from "./operations/release.ts";
import { replay } from "./operations/replay.ts";
import { rescan } from "./operations/rescan.ts";
import { resume } from "./operations/resume.ts";
import { markSafe, safeToDelete } from "./operations/safe-to-delete.ts";
import type { OperationsTable } from "./operations-schema.ts";
import { keepPause, pauses } from "./pauses.ts";
import { asOperationRow, openOperations, operation, operations } from "./read-operations.ts";
import { requeueAll } from "./requeue-all.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";
import type { Turns } from "./turns.ts";

const begins: Readonly<Record<OperationKind, Begin>> = {
	replay,
	cancel,
	pause,
	resume,
	drain,
	rescan,
	quarantine,
	release,
	"safe-to-delete": safeToDelete,
};

/** In the catalog's database. */
export class CatalogOperations implements OperationsCatalog {
	readonly #db: Kysely<Schema>;
	readonly #turns: Turns;

	constructor(db: Kysely<Schema>, turns: Turns) {
		this.#db = db;
		this.#turns = turns;
	}

	request(asked: OperationRequest, now: number): Promise<Requested> {
		return this.#turns.take(now, (turn) => request(turn, asked));
	}

	repeated(asked: OperationRequest): Promise<Requested | undefined> {
		return repeated(this.#db, asked);
	}

	page(asked: OperationPage) {
		return operations(this.#db, asked);
	}

	one(id: string) {
		return operation(this.#db, id);
	}

	async latest(): Promise<number> {
		const last = await this.#db
			.selectFrom("operations")
			.select("seq")
			.orderBy("seq", "desc")
			.limit(1)
			.executeTakeFirst();
		return last?.seq ?? 0;
	}

	open(of: Carries, max: number) {
		return openOperations(this.#db, of, max);
	}

	async tell(id: string, { done, total, message }: OperationProgress, now: number): Promise<void> {
		await this.#db
			.updateTable("operations")
			.set((eb) => ({
				state: "running",
				done,
				total,
				message: proseToColumn(message),
				started_at: eb.fn.coalesce("started_at", eb.val(now)),
			}))
			.where("id", "=", id)
			.where("state", "in", openStates)
			.execute();
	}

	end(id: string, end: OperationEnd, now: number): Promise<boolean> {
		return this.#turns.take(now, (turn) => endOperation(turn, id, end));
	}

	pauses(now: number) {
		return pauses(this.#db, now);
	}

	keepPause(process: string, now: number) {
		return keepPause(this.#db, process, now);
	}

	forgetProcess(process: string, now: number): Promise<void> {
		return this.#turns.take(now, (turn) => forgetProcess(turn, process));
	}

	announce(target: Target, now: number) {
		return requeueAll(this.#turns, now, target);
	}

	markSafe(id: string, acquisition: string, results: readonly string[], now: number): Promise<void> {
		return this.#turns.take(now, async (turn) => {
			await markSafe(turn, id, acquisition, results);
			await endOperation(turn, id, { state: "completed", message: `acquisition ${acquisition} is safe to delete` });
		});
	}
}

async function request(turn: Turn, asked: OperationRequest): Promise<Requested> {
	const known = await repeated(turn.db, asked);
	if (known !== undefined) return known;
	refuseNobodys(asked.target);
	const id = `o${randomUUID().replaceAll("-", "")}`;
	const begun = await begins[asked.kind](turn, asked, id);
	const row = rowOf(turn, asked, id, begun);
	await turn.db.insertInto("operations").values(row).execute();
	const { kind, target, by: actor, why, request } = asked;
	await appendAudit(turn, {
		actor,
		action: `${target.type}.${kind}`,
		target: auditName(target),
		...(why !== undefined && { why }),
		...(request !== undefined && { request }),
		detail: { operation: id, message: begun.message },
	});
	return asRequested(row);
}

/** As it was answered, also to who asks again. */
function asRequested(row: OperationsTable): Requested {
	const { job, already } = row;
	return { operation: asOperationRow(row), already: already === 1, ...(job !== null && { job }) };
}

/** PostgreSQL takes no text with a NUL, and no name has one; paths are encoded. */
function refuseNobodys(target: Target): void {
	if (!target.name.includes("\0")) return;
	throw unknown(target, "Give its name as it is listed.");
}

/** What the same requester asked for under the same key before. */
async function repeated(
	db: Kysely<Schema>,
	{ by, key, kind, target }: OperationRequest,
): Promise<Requested | undefined> {
	if (key === undefined) return undefined;
	const row = await db
		.selectFrom("operations")
		.selectAll()
		.where("requested_by", "=", nameToColumn(by))
		.where("key", "=", nameToColumn(key))
		.executeTakeFirst();
	if (row === undefined) return undefined;
	const known = asOperationRow(row);
	if (known.kind === kind && auditName(known.target) === auditName(target)) return asRequested(row);
	throw permanent(
		"IDEMPOTENCY_KEY_REUSED",
		`under this key it was asked to ${known.kind} ${targetInWords(known.target)}`,
		{ fix: "Give another key with another request; the same one only to repeat a request." },
	);
}

function rowOf(turn: Turn, asked: OperationRequest, id: string, begun: Begun): OperationsTable {
	const { kind, target, by, why, key } = asked;
	const { type, name, path } = target;
	const isOver = begun.state === "completed";
	return {
		id,
		seq: turn.nextSeq(),
		kind,
		target_type: type,
		target_name: name,
		target_path: path === undefined ? null : nameToColumn(path),
		source: begun.source ?? (type === "source" || type === "file" ? name : null),
		pipeline: begun.pipeline ?? (type === "pipeline" ? name : null),
		state: begun.state,
		done: isOver ? 1 : 0,
		total: isOver ? 1 : 0,
		message: proseToColumn(begun.message),
		requested_by: nameToColumn(by),
		why: why === undefined ? null : proseToColumn(why),
		error: null,
		key: key === undefined ? null : nameToColumn(key),
		job: begun.job ?? null,
		already: begun.already === true ? 1 : 0,
		requested_at: turn.now,
		started_at: isOver ? turn.now : null,
		ended_at: isOver ? turn.now : null,
	};
}

/** A kind, and which one: as the audit log names it. */
function auditName({ type, name, path }: Target): string {
	if (type === "everything") return type;
	return path === undefined ? `${type}:${name}` : `${type}:${name}/${path}`;
}
