import { type Dialect, Kysely } from "kysely";
import type {
	AttemptEnd,
	Catalog,
	DispatchCatalog,
	Intake,
	Lease,
	Rejection,
	ResultCommit,
	Stray,
} from "#core/ports/catalog.ts";
import type { WaitingRoom } from "#core/ports/waiting-room.ts";
import type { AttemptCause, Progress } from "#domain/job.ts";
import type { PathString } from "#domain/path.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import { CatalogAccess } from "./access.ts";
import { CatalogAudit } from "./audit.ts";
import { Beside } from "./beside.ts";
import { claim } from "./claim.ts";
import { commitIntake } from "./commit-intake.ts";
import { commitResults } from "./commit-results.ts";
import { endAttempt } from "./end-attempt.ts";
import { endLeases } from "./end-leases.ts";
import { forgetOperations, forgetOutcomes } from "./forget.ts";
import { giveUp } from "./give-up.ts";
import { useSettings } from "./job-settings.ts";
import { began, keep, progressed, renewLeases } from "./keep.ts";
import { endLease, leaseholders, takeLease } from "./leases.ts";
import { migrate } from "./migrations.ts";
import { beginLog, logsBegun, offset, position } from "./offsets.ts";
import { CatalogOperations } from "./operations.ts";
import { lastOutcome, outcomes } from "./outcomes.ts";
import { feed, feedBounds, origins } from "./read-feed.ts";
import { arrived, firstTaken, isKnown, known } from "./read-known.ts";
import { Reader } from "./reader.ts";
import { reject } from "./reject.ts";
import { relay } from "./relay.ts";
import { requeueAll } from "./requeue-all.ts";
import type { Schema } from "./schema.ts";
import { strays, straysRemoved } from "./strays.ts";
import { Turns } from "./turns.ts";
import { CatalogRoom, shiftRooms } from "./waiting-room.ts";
import { Waker } from "./wake.ts";

/** Brings the database up to date, then opens it. A dialect is for one catalog: `close` closes its connections. */
export async function openCatalog(dialect: Dialect): Promise<Catalog> {
	const db = new Kysely<Schema>({ dialect });
	try {
		await migrate(db);
	} catch (error) {
		await db.destroy();
		throw error;
	}
	return new KyselyCatalog(db);
}

/** The port over its operations, each in a file of its own. */
class KyselyCatalog extends Reader implements Catalog {
	readonly #db: Kysely<Schema>;
	readonly #turns: Turns;
	readonly #beside: Beside;
	readonly #waker: Waker;
	readonly audit: CatalogAudit;
	readonly access: CatalogAccess;
	readonly operations: CatalogOperations;

	constructor(db: Kysely<Schema>) {
		super(db, "everything");
		this.#db = db;
		this.#turns = new Turns(db);
		this.#beside = new Beside(db);
		this.#waker = new Waker(db, this.#turns);
		this.audit = new CatalogAudit(db, this.#turns);
		this.access = new CatalogAccess(db, this.#turns);
		this.operations = new CatalogOperations(db, this.#turns);
	}

	offset(log: string) {
		return offset(this.#db, log);
	}
	position(log: string) {
		return position(this.#db, log);
	}
	beginLog(log: string, now: number, lease?: Lease) {
		return this.#turns.take(now, (turn) => beginLog(turn, log, lease));
	}
	logsBegun() {
		return logsBegun(this.#db);
	}
	arrived(events: readonly string[]) {
		return arrived(this.#db, events);
	}
	known(source: string, keys: readonly PathString[]) {
		return known(this.#db, source, keys);
	}
	isKnown(source: string) {
		return isKnown(this.#db, source);
	}
	firstTaken(source: string, before?: number) {
		return firstTaken(this.#db, source, before);
	}
	forgetOperations(before: number, max: number) {
		return this.#turns.write((trx) => forgetOperations(trx, before, max));
	}

	forgetOutcomes(before: number, max: number) {
		return this.#turns.write((trx) => forgetOutcomes(trx, before, max));
	}
	commitIntake(intake: Intake) {
		return this.#turns.take(intake.now, (turn) => commitIntake(turn, intake));
	}
	room<T>(name: string): WaitingRoom<T> {
		return new CatalogRoom<T>(this.#db, this.#turns, name);
	}
	shift(byMs: number) {
		return this.#turns.write((trx) => shiftRooms(trx, byMs));
	}

	reject(rejection: Rejection) {
		return this.#turns.take(rejection.now, (turn) => reject(turn, rejection));
	}

	relay(max: number, send: Parameters<DispatchCatalog["relay"]>[1]) {
		return relay(this.#db, this.#turns, max, send);
	}
	wake(now: number) {
		return this.#waker.wake(now);
	}
	strays(max: number) {
		return strays(this.#db, max);
	}
	straysRemoved(removed: readonly Stray[]) {
		return this.#turns.write((trx) => straysRemoved(trx, removed));
	}
	useSettings(pipelines: readonly PipelineSettings[]) {
		return this.#turns.write((trx) => useSettings(trx, pipelines));
	}
	requeueAll(now: number) {
		return requeueAll(this.#turns, now);
	}
	endLeases(now: number) {
		return this.#turns.write((trx) => endLeases(trx, now));
	}

	claim(jobId: string, owner: string, leaseMs: number, now: number) {
		return claim(this.#beside, this.#turns, { jobId, owner, leaseMs, now });
	}
	keep(jobId: string, token: number, leaseMs: number, now: number) {
		return keep(this.#db, jobId, token, leaseMs, now);
	}
	began(jobId: string, token: number, now: number) {
		return began(this.#db, jobId, token, now);
	}
	progressed(jobId: string, token: number, progress: Progress) {
		return progressed(this.#db, jobId, token, progress);
	}
	renewLeases(now: number) {
		return this.#turns.write((trx) => renewLeases(trx, now));
	}
	commitResult(commit: ResultCommit) {
		return this.#turns.takeTogether(commitResults, commit);
	}
	endAttempt(end: AttemptEnd) {
		return this.#turns.take(end.now, (turn) => endAttempt(turn, end));
	}
	giveUp(jobId: string, cause: AttemptCause, now: number) {
		return this.#turns.take(now, (turn) => giveUp(turn, jobId, cause));
	}

	outcomes(after: number, max: number) {
		return outcomes(this.#db, after, max);
	}
	lastOutcome() {
		return lastOutcome(this.#db);
	}

	lease(name: string, owner: string, ttlMs: number, now: number) {
		return this.#turns.take(now, (turn) => takeLease(turn, name, owner, ttlMs));
	}
	endLease(name: string, owner: string) {
		return endLease(this.#db, name, owner);
	}
	leaseholders(prefix: string, now: number) {
		return leaseholders(this.#db, prefix, now);
	}
	feed(after: number, max: number) {
		return feed(this.#db, after, max);
	}
	feedBounds() {
		return feedBounds(this.#db);
	}
	origins(acquisitions: readonly string[]) {
		return origins(this.#db, acquisitions);
	}

	close() {
		return this.#db.destroy();
	}
}
