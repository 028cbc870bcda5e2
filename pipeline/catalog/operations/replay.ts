import { lockedJob } from "../held-job.ts";
import { replay as replayJob } from "../replay.ts";
import { type Begin, unknown } from "./begun.ts";

/** A job that is queued, runs, or is done with the present analysis needs none. */
export const replay: Begin = async (turn, { target, by, why, plan }) => {
	const job = await lockedJob(turn, target.name);
	if (job === undefined) throw unknown(target, "Find it with: watchrabbit list jobs");
	const { source, pipeline } = job;
	const outcome = await replayJob(turn, job.id, why === undefined ? by : `${by}: ${why}`, plan);
	// Another one is made only when this one is over.
	const runs = job.state === "running" ? job.id : (plan?.id ?? job.id);
	const whose = { state: "completed", source, pipeline, job: runs } as const;
	if (outcome === "already" && plan !== undefined && plan.id !== runs && runs === job.id) {
		const message = `job ${runs} runs, with the analysis that it began with: ask again when it is over`;
		return { ...whose, already: true, message };
	}
	if (outcome === "already") {
		return { ...whose, already: true, message: `job ${runs} waits, runs, or is done with the present analysis` };
	}
	const instead = runs === job.id ? "" : `, in place of job ${job.id}: the analysis or its parameters were changed`;
	return { ...whose, message: `job ${runs} is queued${instead}` };
};
