import type { ClaimedJob } from "#core/ports/catalog.ts";
import type { Progress } from "#domain/job.ts";
import { namedJob } from "./named-job.ts";
import type { WorkContext } from "./work-role.ts";

/** A run that is over by then took nobody with it: that it began need not be written down. */
const shortRunMs = 100;
/** A script may say how far it is as often as it likes: the newest word of a second is written down and shown. */
const progressEveryMs = 1_000;

type Context = Pick<WorkContext, "catalog" | "clock" | "report">;

/**
 * What the catalog is told of a run while it goes on. Whatever keeps us from telling: a loss that is not counted costs no
 * more than another try, and the next progress is another chance.
 */
export class RunNotes {
	readonly #job: ClaimedJob;
	readonly #pool: string;
	readonly #context: Context;
	#written = Promise.resolve();
	#cancelBegan = () => {};
	#cancelProgress = () => {};
	#newest: Progress | undefined;
	/** Until then nothing is written. */
	#paused = false;

	constructor(job: ClaimedJob, pool: string, context: Context) {
		this.#job = job;
		this.#pool = pool;
		this.#context = context;
	}

	begins(): void {
		const { catalog, clock } = this.#context;
		const { id, token } = this.#job;
		this.#cancelBegan = clock.after(shortRunMs, () => this.#write(() => catalog.began(id, token, clock.now())));
	}

	progresses(fraction: number, message: string): void {
		this.#newest = { fraction, message, at: this.#context.clock.now() };
		if (!this.#paused) this.#tell();
	}

	/** Resolves when nothing more is written. */
	async end(): Promise<void> {
		this.#cancelBegan();
		this.#cancelProgress();
		this.#paused = true;
		await this.#written;
	}

	#tell(): void {
		const progress = this.#newest;
		this.#newest = undefined;
		this.#paused = progress !== undefined;
		if (progress === undefined) return;
		const { catalog, clock, report } = this.#context;
		const { id, token, inputs } = this.#job;
		report({ event: "job.progress", ...namedJob(this.#job, inputs[0], this.#pool), ...progress });
		this.#write(() => catalog.progressed(id, token, progress));
		this.#cancelProgress = clock.after(progressEveryMs, () => this.#tell());
	}

	#write(write: () => Promise<void>): void {
		this.#written = this.#written.then(write).catch(() => {});
	}
}
