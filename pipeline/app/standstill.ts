import type { Clock } from "#core/clock.ts";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import type { InternalEvent } from "#domain/report.ts";
import { pause } from "#runtime/persist.ts";

/** A share that is away for a moment is waited for. */
const patienceMs = 10_000;
const lookEveryMs = 500;

const signsOfWork: ReadonlySet<InternalEvent["event"]> = new Set([
	"source.ready",
	"unit.settled",
	"unit.refused",
	"intake.committed",
	"message.buried",
	"job.completed",
	"job.failed",
	"job.refused",
	"pool.ready",
]);

/**
 * For who ends when nothing is left to do. What is left may wait for a share that is away, and that may be for ever: hears
 * what is told, and so knows what is away and since when nothing was done.
 */
export class Standstill {
	readonly #clock: Clock;
	readonly #away = new Map<string, string>();
	#running = 0;
	#since: number;

	constructor(clock: Clock) {
		this.#clock = clock;
		this.#since = clock.monotonic();
	}

	hear(event: InternalEvent): void {
		if (event.event === "job.started") this.#running += 1;
		if (event.event === "job.completed" || event.event === "job.failed" || event.event === "job.fenced") {
			this.#running -= 1;
		}
		const away = awayBy(event);
		if (away !== undefined) this.#away.set(...away);
		else if (signsOfWork.has(event.event)) {
			// Who is still away says so again.
			this.#away.clear();
			this.#since = this.#clock.monotonic();
		}
	}

	/**
	 * Resolves, once nothing was done for so long and beyond, to what is waited for; undefined when the signal aborts.
	 * `goesOn` is asked before: whether more is on its way than the jobs that wait for what is away.
	 */
	async come(
		quietMs: number,
		signal: AbortSignal,
		goesOn: (jobsAway: readonly string[]) => Promise<boolean>,
	): Promise<WatchRabbitError | undefined> {
		while (!signal.aborted) {
			const [away] = this.#away.values();
			const still = this.#running === 0 && this.#clock.monotonic() - this.#since > quietMs + patienceMs;
			const jobs = [...this.#away.keys()].filter((what) => what.startsWith(jobPrefix));
			const jobsAway = jobs.map((what) => what.slice(jobPrefix.length));
			if (away !== undefined && still && !(await goesOn(jobsAway))) return shareAway(away);
			await pause(lookEveryMs, { clock: this.#clock, signal }).catch(() => {});
		}
		return undefined;
	}
}

const jobPrefix = "job ";

/** What of, and in which words. */
function awayBy(event: InternalEvent): [string, string] | undefined {
	if (event.event === "source.trouble" && event.error.code === "SOURCE_UNREACHABLE") {
		return [`source ${event.source}`, `source ${event.source}: ${event.error.message}`];
	}
	if (event.event === "job.failed" && event.code === "INPUT_UNREACHABLE") {
		return [`${jobPrefix}${event.job}`, `job ${event.job}: ${event.message}`];
	}
	return undefined;
}

function shareAway(what: string): WatchRabbitError {
	return transient("SHARE_AWAY", `what is left to do waits for a share that is away: ${what}`, {
		fix: "Bring it back and start again: what was done is not done again.",
	});
}
