import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import { coverSecrets } from "#core/secrets.ts";

/** `broken` needs a restart; `down` passes by itself once the neighbour is back. */
export type CheckState = "starting" | "up" | "down" | "draining" | "broken";

export interface Check {
	readonly name: string;
	readonly state: CheckState;
	/** Since when it is in this state: milliseconds since the epoch. */
	readonly since: number;
	readonly detail: string;
	/** Without it all goes on, if slower or unseen: it makes nobody unready. */
	readonly optional: boolean;
}

export interface Readiness {
	readonly ok: boolean;
	readonly checks: readonly Check[];
}

/** A check with all that is known of it. Times are milliseconds since the epoch. */
export interface Dependency extends Check {
	/**
	 * Of who calls it: calls are made (closed), wait for `nextAttemptAt` (open), or one is being made that decides
	 * (half-open).
	 */
	readonly breaker: "closed" | "open" | "half-open";
	/** That failed since it was up. */
	readonly attempts: number;
	readonly nextAttemptAt: number | undefined;
	readonly lastError: LastError | undefined;
	/** When it last answered a look at it, and how long that took. */
	readonly look: { readonly at: number; readonly seconds: number } | undefined;
	readonly recovery: Recovery;
}

interface LastError {
	readonly code: string;
	readonly message: string;
	readonly fix: string | undefined;
	readonly at: number;
}

/** What came back by itself. */
interface Recovery {
	readonly times: number;
	/** Of the last time: when, after how many attempts and how long. */
	readonly last: { readonly at: number; readonly attempts: number; readonly afterMs: number } | undefined;
}

type Known = Omit<Dependency, "breaker">;

export interface Failure {
	readonly error: WatchRabbitError;
	/** In a row, with this one; left out: one more than before. */
	readonly attempts?: number;
	/** Left out: nobody tries by the clock. */
	readonly againInMs?: number;
	readonly optional?: boolean;
	/** Nobody called it: it was looked at. */
	readonly byLook?: boolean;
}

/** Who called it has ended, or got through and waits for work, as at a queue that is empty: a look knows better. */
const silentMs = 10_000;

/** What this process knows about itself and its neighbours, by name. */
export class Health {
	readonly #clock: Clock;
	readonly #known = new Map<string, Known>();
	/** Until when calls that failed say more than a look. */
	readonly #callsFailUntil = new Map<string, number>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	set(name: string, state: CheckState, detail: string, optional = false): void {
		const now = this.#clock.now();
		this.#callsFailUntil.set(name, state === "down" ? Infinity : -Infinity);
		const before = this.#known.get(name) ?? unknown(name, now);
		const again = before.state === state;
		const isBack = before.state === "down" && state === "up";
		const last = { at: now, attempts: before.attempts, afterMs: now - before.since };
		this.#known.set(name, {
			...before,
			state,
			since: again ? before.since : now,
			detail: coverSecrets(detail),
			optional,
			...(state === "down" ? {} : { attempts: 0, nextAttemptAt: undefined }),
			...(isBack ? { recovery: { times: before.recovery.times + 1, last } } : {}),
		});
	}

	/** It does not answer, or not as it should. */
	failed(name: string, { error, attempts, againInMs, optional = false, byLook = false }: Failure): void {
		if (byLook && this.#callsFail(name)) return;
		const { code, message, fix } = error;
		this.set(name, "down", `${code}: ${message}${fix === undefined ? "" : ` — ${fix}`}`, optional);
		const now = this.#clock.now();
		const known = this.#known.get(name) as Known;
		this.#known.set(name, {
			...known,
			attempts: attempts ?? known.attempts + 1,
			nextAttemptAt: againInMs === undefined ? undefined : now + againInMs,
			lastError: { code, message, fix, at: now },
		});
		if (byLook) this.#callsFailUntil.set(name, -Infinity);
		else if (againInMs !== undefined) this.#callsFailUntil.set(name, now + againInMs + silentMs);
	}

	/** It answered when it was looked at. Where calls fail all the same, they are believed, for as long as they are made. */
	looked(name: string, seconds: number, detail: string, optional = false): void {
		const now = this.#clock.now();
		if (!this.#callsFail(name)) this.set(name, "up", detail, optional);
		this.#known.set(name, { ...(this.#known.get(name) as Known), look: { at: now, seconds } });
	}

	/** What ended in good order is no longer asked about. */
	forget(name: string): void {
		this.#known.delete(name);
		this.#callsFailUntil.delete(name);
	}

	/** Not ok: only a restart helps. */
	live(): Readiness {
		return this.#verdict(({ state }) => state !== "broken");
	}

	/** Ok: every part of this process is up and takes work, the R of its pools included: one that only serves has none. */
	ready(): Readiness {
		return this.#verdict(({ state, optional }) => state === "up" || optional);
	}

	/** All that it knows, by name. */
	dependencies(): readonly Dependency[] {
		const now = this.#clock.now();
		return this.#sorted().map((known) => ({ ...known, breaker: breakerOf(known, now) }));
	}

	#callsFail(name: string): boolean {
		return this.#clock.now() <= (this.#callsFailUntil.get(name) ?? -Infinity);
	}

	#verdict(good: (check: Check) => boolean): Readiness {
		const known = this.#sorted();
		const checks = known.map(({ name, state, since, detail, optional }) => ({ name, state, since, detail, optional }));
		return { ok: known.every(good), checks };
	}

	#sorted(): Known[] {
		return [...this.#known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	}
}

function unknown(name: string, now: number): Known {
	return {
		name,
		state: "starting",
		since: now,
		detail: "",
		optional: false,
		attempts: 0,
		nextAttemptAt: undefined,
		lastError: undefined,
		look: undefined,
		recovery: { times: 0, last: undefined },
	};
}

function breakerOf({ state, nextAttemptAt }: Known, now: number): Dependency["breaker"] {
	if (state !== "down") return "closed";
	return nextAttemptAt !== undefined && now >= nextAttemptAt ? "half-open" : "open";
}
