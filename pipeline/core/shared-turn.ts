/**
 * A task that many ask for, where one turn serves all who asked before it began: a flush to disk, a look at what
 * changed. Who asks while a turn is under way shares the next one, because the present one may have looked too early.
 */
export class SharedTurn {
	readonly #task: () => Promise<void>;
	#running: Promise<void> | undefined;
	#next: Promise<void> | undefined;

	constructor(task: () => Promise<void>) {
		this.#task = task;
	}

	/** Resolves, or rejects, with a turn that began after the call. */
	ask(): Promise<void> {
		if (this.#running === undefined) return this.#start();
		const start = () => this.#start();
		this.#next ??= this.#running.then(start, start);
		return this.#next;
	}

	/** Whether none is under way and none is asked for. */
	get idle(): boolean {
		return this.#running === undefined;
	}

	/** Resolves when none is under way and none is asked for, whatever became of them. */
	async quiet(): Promise<void> {
		while (this.#running !== undefined) await (this.#next ?? this.#running).catch(() => {});
	}

	#start(): Promise<void> {
		this.#next = undefined;
		const turn = this.#task().finally(() => {
			if (this.#running === turn) this.#running = undefined;
		});
		this.#running = turn;
		return turn;
	}
}
