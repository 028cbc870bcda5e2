import { randomUUID } from "node:crypto";
import { setTimeout as passed } from "node:timers/promises";
import { Client, type Notification } from "pg";
import { SharedTurn } from "#core/shared-turn.ts";
import { WakeUp } from "#core/wake-up.ts";
import { clientConfig, longestAnswerMs, type PostgresOptions, placeOf } from "./options.ts";

const channel = "watchrabbit";
/** Between two rings: who rings with every job is heard at once, and then as often as is of use. */
const gapMs = 50;
/** Between two tries to connect: twice as long after each, to the longest. */
const shortestPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * Rings the wake-ups of other processes on the same database, by LISTEN and NOTIFY over one connection of its own.
 *
 * Only a hint: nothing waits for it, nothing fails with it, and who waits looks now and then anyway. What was rung while
 * the connection was away is not told later; everybody is rung once it is back.
 */
export class Bell {
	readonly #options: PostgresOptions;
	readonly #wakeUps = new Map<string, SharedWakeUp>();
	readonly #closing = new AbortController();
	/** In what is notified, so that a process does not wake itself: a pooler may share one connection among several. */
	readonly #self = randomUUID();
	readonly #rung = new Set<string>();
	readonly #notifying: SharedTurn;
	readonly #listening: Promise<void>;
	#client: Client | undefined;

	/** @throws WatchRabbitError DATABASE_URL (permanent); whatever else is wrong with the database only makes it silent */
	constructor(options: PostgresOptions) {
		placeOf(options);
		this.#options = options;
		this.#notifying = new SharedTurn(() => this.#notify());
		this.#listening = this.#listen();
	}

	/** Rung when any process of this database rings the one of the same name, this one included. */
	wakeUp(name: string): WakeUp {
		const known = this.#wakeUps.get(name);
		if (known !== undefined) return known;
		const wakeUp = new SharedWakeUp(() => this.#tell(name));
		this.#wakeUps.set(name, wakeUp);
		return wakeUp;
	}

	async close(): Promise<void> {
		await this.#notifying.quiet();
		this.#closing.abort();
		await this.#listening;
	}

	/** Rings that come while one is on its way, or soon after, go together with the next. */
	#tell(name: string): void {
		if (this.#client === undefined) return;
		this.#rung.add(name);
		this.#notifying.ask().catch(() => {});
	}

	async #notify(): Promise<void> {
		const names = [...this.#rung];
		this.#rung.clear();
		if (names.length === 0) return;
		await this.#client?.query("select pg_notify($1, $2)", [channel, JSON.stringify([this.#self, ...names])]);
		await passed(gapMs, undefined, { signal: this.#closing.signal });
	}

	#hear({ payload }: Notification): void {
		const [from, ...names] = ringing(payload);
		if (from === this.#self) return;
		for (const name of names) this.#wakeUps.get(String(name))?.hear();
	}

	async #listen(): Promise<void> {
		const { signal } = this.#closing;
		let pauseMs = shortestPauseMs;
		while (!signal.aborted) {
			const began = await this.#listenOnce();
			pauseMs = began ? shortestPauseMs : Math.min(2 * pauseMs, longestPauseMs);
			await passed(pauseMs, undefined, { signal }).catch(() => {});
		}
	}

	/** Until the connection is over; false if there never was one. */
	async #listenOnce(): Promise<boolean> {
		const client = new Client({ ...clientConfig(this.#options), query_timeout: longestAnswerMs(this.#options) });
		const over = new Promise<void>((resolve) => client.once("end", resolve));
		client.on("error", () => {});
		const end = () => client.end().catch(() => {});
		this.#closing.signal.addEventListener("abort", end, { once: true });
		client.on("notification", (notification) => this.#hear(notification));
		try {
			await client.connect();
			await client.query(`listen ${channel}`);
			this.#client = client;
			for (const wakeUp of this.#wakeUps.values()) wakeUp.hear();
			await over;
			return true;
		} catch {
			return false;
		} finally {
			this.#client = undefined;
			this.#closing.signal.removeEventListener("abort", end);
			await end();
		}
	}
}

/** Anybody may notify the channel: what is none of ours rings nothing. */
function ringing(payload: string | undefined): readonly unknown[] {
	try {
		const told: unknown = JSON.parse(payload ?? "");
		return Array.isArray(told) ? told : [];
	} catch {
		return [];
	}
}

/** Whoever rings it here is heard elsewhere. */
class SharedWakeUp extends WakeUp {
	readonly #tell: () => void;

	constructor(tell: () => void) {
		super();
		this.#tell = tell;
	}

	override ring(): void {
		super.ring();
		this.#tell();
	}

	/** Rung elsewhere. */
	hear(): void {
		super.ring();
	}
}
