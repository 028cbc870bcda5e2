import type { WatchRabbitError } from "#core/errors.ts";

/** Shells expect 128 + the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
/** On a terminal Ctrl-C reaches every program, and npm passes on what reached it: so soon after the first it is the same one. */
const sameSignalMs = 500;

/** When and why a process ends: by a signal, by being told to, or because something in it is broken. */
export class End {
	readonly #controller = new AbortController();
	readonly #told: AbortSignal;
	#error: WatchRabbitError | undefined;
	#signalled: { readonly at: number; readonly exitCode: number } | undefined;

	constructor(told: AbortSignal = new AbortController().signal) {
		this.#told = told;
		if (told.aborted) this.#controller.abort();
		told.addEventListener("abort", this.#end);
		process.on("SIGINT", this.#onSignal);
		process.on("SIGTERM", this.#onSignal);
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** What was broken, if that was why. */
	get error(): WatchRabbitError | undefined {
		return this.#error;
	}

	/** For what a signal cuts short: what the process is to end with; undefined when none came. */
	get exitCode(): number | undefined {
		return this.#signalled?.exitCode;
	}

	/** Resolves when the end has come. */
	get come(): Promise<void> {
		const { signal } = this.#controller;
		if (signal.aborted) return Promise.resolve();
		return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
	}

	broken(error: WatchRabbitError): void {
		this.#error ??= error;
		this.#end();
	}

	/**
	 * From now on signals do again what they do by default; but if one asked for the end, the same one passed on late must
	 * not cut short what is still being closed.
	 */
	forget(): void {
		this.#told.removeEventListener("abort", this.#end);
		if (this.#signalled !== undefined) return;
		process.off("SIGINT", this.#onSignal);
		process.off("SIGTERM", this.#onSignal);
	}

	readonly #end = () => this.#controller.abort();

	/** The first one asks for the drain; who sends a second one does not want to wait. */
	readonly #onSignal = (signal: "SIGINT" | "SIGTERM") => {
		const now = performance.now();
		this.#signalled ??= { at: now, exitCode: exitCodes[signal] };
		if (this.#controller.signal.aborted && now - this.#signalled.at > sameSignalMs) process.exit(exitCodes[signal]);
		this.#end();
	};
}
