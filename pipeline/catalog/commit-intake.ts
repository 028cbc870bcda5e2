import type { Arrival, Intake, IntakeReport } from "#core/ports/catalog.ts";
import { chunks } from "./insert-rows.ts";
import { retireJobs } from "./retire-jobs.ts";
import { type TakenAcquisition, takeAcquisition } from "./take-acquisition.ts";
import { takePlan } from "./take-plan.ts";
import type { Turn } from "./turn.ts";

/** Arrivals one after the other, as if each came alone: two versions of a key may come in one intake. */
export async function commitIntake(turn: Turn, intake: Intake): Promise<IntakeReport> {
	const seen = await seenArrivals(
		turn,
		intake.arrivals.map(({ event }) => event.id),
	);
	const acquisitions: IntakeReport["acquisitions"][number][] = [];
	let jobsCreated = 0;
	let jobsLinked = 0;
	for (const arrival of intake.arrivals) {
		const known = seen.get(arrival.event.id);
		if (known !== undefined) {
			acquisitions.push({ ...known, fresh: false });
			continue;
		}
		const taken = await takeAcquisition(turn, arrival);
		const { id, version, fresh } = taken;
		acquisitions.push({ id, version, fresh });
		seen.set(arrival.event.id, { id, version });
		const created = await takePlans(turn, taken, arrival);
		jobsCreated += created;
		jobsLinked += arrival.plans.length - created;
	}
	if (intake.offset !== undefined) await commitOffset(turn, intake.log, intake.offset);
	return { acquisitions, jobsCreated, jobsLinked };
}

/** Gives how many jobs were made. */
async function takePlans(turn: Turn, taken: TakenAcquisition, { event, acquisition, plans, note, waits }: Arrival) {
	let created = 0;
	for (const plan of plans) {
		if (await takePlan(turn, taken, plan, { source: acquisition.source, traceparent: event.traceparent })) created += 1;
	}
	// After the new version has its jobs: one that both versions need goes on.
	if (taken.supersedes !== undefined) await retireJobs(turn, await jobsOf(turn, taken.supersedes));
	if (plans.length === 0 && !waits) turn.conclude(taken.id, "unwanted", note ?? "no pipeline takes it");
	return created;
}

async function jobsOf(turn: Turn, acquisition: string): Promise<readonly string[]> {
	const links = await turn.db
		.selectFrom("acquisition_jobs")
		.select("job")
		.where("acquisition", "=", acquisition)
		.execute();
	return links.map(({ job }) => job);
}

async function seenArrivals(turn: Turn, events: readonly string[]) {
	const seen = new Map<string, { readonly id: string; readonly version: number }>();
	for (const chunk of chunks(events, 500)) {
		const rows = await turn.db
			.selectFrom("arrivals")
			.innerJoin("acquisitions", "acquisitions.id", "arrivals.acquisition")
			.select(["arrivals.event", "acquisitions.id", "acquisitions.version"])
			.where("arrivals.event", "in", chunk)
			.execute();
		for (const { event, id, version } of rows) seen.set(event, { id, version });
	}
	return seen;
}

async function commitOffset(turn: Turn, log: string, position: number): Promise<void> {
	await turn.db
		.insertInto("offsets")
		.values({ log, position })
		.onConflict((conflict) => conflict.column("log").doUpdateSet({ position }).where("offsets.position", "<", position))
		.execute();
}
