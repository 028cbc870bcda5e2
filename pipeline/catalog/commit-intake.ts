import type { Arrival, Intake, IntakeReport } from "#core/ports/catalog.ts";
import { isFresh } from "#domain/objectives.ts";
import { displayPath } from "#domain/path.ts";
import { depart } from "./departed.ts";
import { chunks } from "./insert-rows.ts";
import { checkLease } from "./leases.ts";
import { commitOffset } from "./offsets.ts";
import { retireJobs } from "./retire-jobs.ts";
import { successorOf, type TakenAcquisition, takeAcquisition } from "./take-acquisition.ts";
import { NewArrivals } from "./take-new.ts";
import { takePlan } from "./take-plan.ts";
import type { Turn } from "./turn.ts";
import { enter } from "./waiting-room.ts";

/** Arrivals one after the other, as if each came alone, but for those of which nothing is known. */
export async function commitIntake(turn: Turn, intake: Intake): Promise<IntakeReport> {
	if (intake.lease !== undefined) await checkLease(turn, intake.lease);
	const seen = await seenArrivals(
		turn,
		intake.arrivals.map(({ event }) => event.id),
	);
	const acquisitions: IntakeReport["acquisitions"][number][] = [];
	let jobsCreated = 0;
	let jobsLinked = 0;
	const newOnes = await NewArrivals.among(turn, intake.arrivals);
	for (const arrival of intake.arrivals) {
		if (!seen.has(arrival.event.id) && newOnes.has(arrival)) {
			const taken = newOnes.take(arrival);
			acquisitions.push({ ...taken, fresh: true });
			seen.set(arrival.event.id, { ...taken, awaits: arrival.awaits ?? [] });
			jobsCreated += arrival.plans.length;
			continue;
		}
		await newOnes.write();
		if (arrival.departs !== undefined) await depart(turn.db, arrival.departs);
		const known = seen.get(arrival.event.id);
		const successor = await successorOf(turn, arrival);
		if (successor !== undefined) {
			const { id, version } = known ?? successor;
			acquisitions.push({ id, version, fresh: false });
			seen.set(arrival.event.id, { id, version, awaits: [] });
			continue;
		}
		for (const room of arrival.enters ?? []) await enter(turn, room, arrival);
		if (known !== undefined) {
			acquisitions.push({ id: known.id, version: known.version, fresh: false });
			const late = await takeLatePlans(turn, known, arrival);
			jobsCreated += late.created;
			jobsLinked += late.linked;
			continue;
		}
		const taken = await takeAcquisition(turn, arrival);
		const { id, version, fresh } = taken;
		acquisitions.push({ id, version, fresh });
		seen.set(arrival.event.id, { id, version, awaits: arrival.awaits ?? [] });
		const created = await takePlans(turn, taken, arrival);
		jobsCreated += created;
		jobsLinked += arrival.plans.length - created;
	}
	await newOnes.write();
	if (intake.offset !== undefined) await commitOffset(turn, intake.log, intake.offset, intake.mark);
	return { acquisitions, jobsCreated, jobsLinked };
}

/** Gives how many jobs were made. */
async function takePlans(turn: Turn, taken: TakenAcquisition, { event, acquisition, plans, note, waits }: Arrival) {
	let created = 0;
	const promised = isFresh(acquisition) ? 1 : 0;
	const { traceparent } = event;
	for (const plan of plans) {
		if (await takePlan(turn, taken, plan, { source: acquisition.source, promised, traceparent })) created += 1;
	}
	// After the new version has its jobs: one that both versions need goes on.
	if (taken.supersedes !== undefined) await retireJobs(turn, await jobsOf(turn, taken.supersedes));
	if (plans.length === 0 && !waits) turn.conclude(taken.id, "unwanted", note ?? "no pipeline takes it");
	return created;
}

/** Plans for pipelines in which the acquisition has no job: their analysis could not be read before, or they are routed. */
async function takeLatePlans(turn: Turn, { id, awaits }: Seen, { event, acquisition, plans, departs }: Arrival) {
	if (plans.length === 0) return { created: 0, linked: 0 };
	const links = await turn.db.selectFrom("acquisition_jobs").select("pipeline").where("acquisition", "=", id).execute();
	const known = new Set(links.map(({ pipeline }) => pipeline));
	const late = plans.filter(({ pipeline }) => !known.has(pipeline));
	let created = 0;
	// Where it waited for its analysis, or went through stages, it was promised when it came; a pipeline that is new promised nothing.
	const wasPromised = (pipeline: string) => departs !== undefined || awaits.includes(pipeline);
	const { source, key } = acquisition;
	for (const plan of late) {
		const promised = isFresh(acquisition) && wasPromised(plan.pipeline) ? 1 : 0;
		const taken = { id, name: displayPath(key) };
		if (await takePlan(turn, taken, plan, { source, promised, traceparent: event.traceparent })) created += 1;
	}
	// A newer version may have come meanwhile.
	await retireJobs(
		turn,
		late.map(({ id }) => id),
	);
	return { created, linked: late.length - created };
}

async function jobsOf(turn: Turn, acquisition: string): Promise<readonly string[]> {
	const links = await turn.db
		.selectFrom("acquisition_jobs")
		.select("job")
		.where("acquisition", "=", acquisition)
		.execute();
	return links.map(({ job }) => job);
}

/** What an event was taken as. */
interface Seen {
	readonly id: string;
	readonly version: number;
	/** Pipelines that were to come for it. */
	readonly awaits: readonly string[];
}

async function seenArrivals(turn: Turn, events: readonly string[]) {
	const seen = new Map<string, Seen>();
	for (const chunk of chunks(events, 500)) {
		const rows = await turn.db
			.selectFrom("arrivals")
			.innerJoin("acquisitions", "acquisitions.id", "arrivals.acquisition")
			.select(["arrivals.event", "acquisitions.id", "acquisitions.version", "arrivals.awaits"])
			.where("arrivals.event", "in", chunk)
			.execute();
		for (const { event, awaits, ...taken } of rows) {
			seen.set(event, { ...taken, awaits: awaits === null ? [] : (JSON.parse(awaits) as string[]) });
		}
	}
	return seen;
}
