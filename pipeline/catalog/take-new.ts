import type { Arrival } from "#core/ports/catalog.ts";
import { isFresh } from "#domain/objectives.ts";
import { displayPath } from "#domain/path.ts";
import { chunks, insertRows } from "./insert-rows.ts";
import { tellBirth } from "./job-state.ts";
import { nameHash } from "./name-column.ts";
import type { AcquisitionsTable, ArrivalsTable, JobsTable, LinksTable, MembersTable } from "./schema.ts";
import { acquisitionRows, tellAcquired } from "./take-acquisition.ts";
import { newJob } from "./take-plan.ts";
import type { Turn } from "./turn.ts";

const askedAtOnce = 500;

/**
 * Arrivals of which nothing is known: neither their key nor a job of their plans, and no earlier one of the same intake
 * has them. Most are like that, and they are written together: a statement a table, instead of eight an arrival.
 */
export class NewArrivals {
	readonly #turn: Turn;
	readonly #known: ReadonlySet<Arrival>;
	#acquisitions: AcquisitionsTable[] = [];
	#members: MembersTable[] = [];
	#arrivals: ArrivalsTable[] = [];
	#jobs: JobsTable[] = [];
	#links: LinksTable[] = [];

	private constructor(turn: Turn, known: ReadonlySet<Arrival>) {
		this.#turn = turn;
		this.#known = known;
	}

	static async among(turn: Turn, arrivals: readonly Arrival[]): Promise<NewArrivals> {
		const keys = await keysIn(turn, arrivals);
		const jobs = await jobsIn(turn, arrivals);
		const known = new Set<Arrival>();
		for (const arrival of arrivals) {
			const key = keyOf(arrival);
			const ids = arrival.plans.map(({ id }) => id);
			const waits = arrival.departs !== undefined || (arrival.enters ?? []).length > 0;
			if (waits || keys.has(key) || ids.some((id) => jobs.has(id))) known.add(arrival);
			keys.add(key);
			for (const id of ids) jobs.add(id);
		}
		return new NewArrivals(turn, known);
	}

	has(arrival: Arrival): boolean {
		return !this.#known.has(arrival);
	}

	/** Its rows are there after the next `write`. */
	take(arrival: Arrival): { readonly id: string; readonly version: number } {
		const turn = this.#turn;
		const { acquisition, event, plans, note, waits } = arrival;
		const version = 1;
		const rows = acquisitionRows(turn, arrival, version);
		const { id } = rows.row;
		this.#acquisitions.push(rows.row);
		this.#members.push(...rows.members);
		this.#arrivals.push(rows.arrival);
		tellAcquired(turn, rows.row, arrival);
		for (const plan of plans) {
			const { source } = acquisition;
			const promised = isFresh(acquisition) ? 1 : 0;
			const job = newJob(turn, id, plan, { source, promised, traceparent: event.traceparent });
			this.#jobs.push(job);
			tellBirth(turn, job.id, `for ${displayPath(acquisition.key)}, ${id}`);
			turn.announce(job);
			this.#links.push({ acquisition: id, job: job.id, pipeline: job.pipeline, seq: turn.nextSeq() });
		}
		if (plans.length === 0 && !waits) turn.conclude(id, "unwanted", note ?? "no pipeline takes it");
		return { id, version };
	}

	/** Before anybody reads what was taken. */
	async write(): Promise<void> {
		const { db } = this.#turn;
		await insertRows(db, "acquisitions", this.#acquisitions);
		await insertRows(db, "acquisition_members", this.#members);
		await insertRows(db, "arrivals", this.#arrivals);
		await insertRows(db, "jobs", this.#jobs);
		await insertRows(db, "acquisition_jobs", this.#links);
		this.#acquisitions = [];
		this.#members = [];
		this.#arrivals = [];
		this.#jobs = [];
		this.#links = [];
	}
}

function keyOf({ acquisition: { source, key } }: Arrival): string {
	return keyIn(source, nameHash(key));
}

function keyIn(source: string, hash: string): string {
	return `${source}\n${hash}`;
}

async function keysIn(turn: Turn, arrivals: readonly Arrival[]): Promise<Set<string>> {
	const known = new Set<string>();
	for (const chunk of chunks([...new Set(arrivals.map(({ acquisition }) => nameHash(acquisition.key)))], askedAtOnce)) {
		const rows = await turn.db
			.selectFrom("acquisitions")
			.select(["source", "key_hash"])
			.where("key_hash", "in", chunk)
			.execute();
		for (const { source, key_hash } of rows) known.add(keyIn(source, key_hash));
	}
	return known;
}

async function jobsIn(turn: Turn, arrivals: readonly Arrival[]): Promise<Set<string>> {
	const known = new Set<string>();
	const ids = new Set(arrivals.flatMap(({ plans }) => plans.map(({ id }) => id)));
	for (const chunk of chunks([...ids], askedAtOnce)) {
		const rows = await turn.db.selectFrom("jobs").select("id").where("id", "in", chunk).execute();
		for (const { id } of rows) known.add(id);
	}
	return known;
}
