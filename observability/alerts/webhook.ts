import { createHash } from "node:crypto";
import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError, transient } from "#core/errors.ts";
import type { Report } from "#domain/report.ts";
import type { ActiveAlert, Turn } from "./active-alerts.ts";

export interface WebhookOptions {
	readonly url: string;
	readonly token: string | undefined;
	readonly repeatMs: number;
}

interface Telling {
	readonly alert: ActiveAlert;
	/** When it was over; undefined while it fires. */
	readonly endsAt: number | undefined;
}

const patienceMs = 10_000;
const firstPauseMs = 1_000;
const longestPauseMs = 300_000;
/** In one request; the others follow. */
const mostAtOnce = 100;

/**
 * Sends what fires and what is over to a URL, in the form in which Alertmanager does. What could not be sent waits: the
 * last word of each alert, and no more, so that a receiver that is away for long costs nothing and is told how things
 * stand.
 */
export class Webhook {
	readonly #options: WebhookOptions;
	readonly #clock: Clock;
	readonly #report: Report;
	readonly #waiting = new Map<string, Telling>();
	/** What the receiver believes to fire, and when it was told. */
	readonly #told = new Map<string, number>();
	/** Being told: the receiver may know it before we know that it does. */
	#underWay: ReadonlySet<string> = new Set();
	readonly #closed = new AbortController();
	#failures = 0;
	#sending: Promise<void> | undefined;
	#cancel = () => {};

	constructor(options: WebhookOptions, clock: Clock, report: Report) {
		this.#options = options;
		this.#clock = clock;
		this.#report = report;
	}

	/** All that fires now, and what has just ended. Resolves when that was sent, or could not be: then it is tried again later. */
	async tell(firing: readonly ActiveAlert[], { resolved }: Turn): Promise<void> {
		const now = this.#clock.now();
		for (const alert of resolved) {
			// Who never heard of it need not hear that it is over.
			if (this.#told.has(alert.id) || this.#underWay.has(alert.id)) this.#waiting.set(alert.id, { alert, endsAt: now });
			else this.#waiting.delete(alert.id);
		}
		for (const alert of firing) {
			const told = this.#told.get(alert.id);
			const isOver = this.#waiting.get(alert.id)?.endsAt !== undefined;
			const isNews = told === undefined ? !this.#underWay.has(alert.id) : now - told >= this.#options.repeatMs;
			if (isNews || isOver) this.#waiting.set(alert.id, { alert, endsAt: undefined });
		}
		if (this.#failures === 0) this.#start();
		await this.#sending;
	}

	/** What still waits is not sent any more. */
	async close(): Promise<void> {
		this.#closed.abort();
		this.#cancel();
		await this.#sending;
	}

	#start(): void {
		if (this.#closed.signal.aborted) return;
		this.#sending ??= this.#send().finally(() => {
			this.#sending = undefined;
		});
	}

	async #send(): Promise<void> {
		while (this.#waiting.size > 0 && !this.#closed.signal.aborted) {
			const tellings = [...this.#waiting.values()].slice(0, mostAtOnce);
			this.#underWay = new Set(tellings.map(({ alert }) => alert.id));
			try {
				await this.#post(tellings);
			} catch (thrown) {
				if (!this.#closed.signal.aborted) this.#later(thrown);
				return;
			} finally {
				this.#underWay = new Set();
			}
			this.#failures = 0;
			for (const telling of tellings) this.#delivered(telling);
		}
	}

	#delivered(telling: Telling): void {
		const { alert, endsAt } = telling;
		if (endsAt === undefined) this.#told.set(alert.id, this.#clock.now());
		else this.#told.delete(alert.id);
		if (this.#waiting.get(alert.id) === telling) this.#waiting.delete(alert.id);
	}

	#later(thrown: unknown): void {
		const againInMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures);
		this.#failures++;
		if (this.#failures === 1) {
			this.#report({ event: "alerts.unsent", error: asWatchRabbitError(thrown), againInMs });
		}
		this.#cancel = this.#clock.after(againInMs, () => this.#start());
	}

	/** Its address is a secret: an error names only the host. */
	async #post(tellings: readonly Telling[]): Promise<void> {
		const { url, token } = this.#options;
		const { host } = new URL(url);
		const answer = await fetch(url, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
			},
			body: JSON.stringify(message(tellings)),
			redirect: "error",
			signal: AbortSignal.any([AbortSignal.timeout(patienceMs), this.#closed.signal]),
		}).catch((cause: unknown) => {
			throw transient("WEBHOOK_AWAY", `the receiver of alerts at ${host} does not answer`, {
				cause,
				fix: "Look whether it runs, and whether alerts.webhook names it.",
			});
		});
		await answer.body?.cancel();
		if (answer.ok) return;
		throw transient("WEBHOOK_REFUSED", `the receiver of alerts at ${host} answers ${answer.status}`, {
			fix: "Look whether alerts.webhook and alerts.token are those that it wants.",
		});
	}
}

/** Version 4 of Alertmanager's webhook: what reads its messages reads ours. */
function message(tellings: readonly Telling[]): object {
	const alerts = tellings.map(({ alert, endsAt }) => ({
		status: endsAt === undefined ? "firing" : "resolved",
		labels: alert.labels,
		annotations: alert.annotations,
		startsAt: new Date(alert.since).toISOString(),
		endsAt: endsAt === undefined ? "0001-01-01T00:00:00Z" : new Date(endsAt).toISOString(),
		generatorURL: "",
		fingerprint: createHash("sha256").update(alert.id).digest("hex").slice(0, 16),
	}));
	return {
		version: "4",
		groupKey: "{}:{}",
		truncatedAlerts: 0,
		status: alerts.some(({ status }) => status === "firing") ? "firing" : "resolved",
		receiver: "webhook",
		groupLabels: {},
		commonLabels: common(tellings.map(({ alert }) => alert.labels)),
		commonAnnotations: common(tellings.map(({ alert }) => ({ ...alert.annotations }))),
		externalURL: "",
		alerts,
	};
}

function common(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
	const [first = {}, ...others] = all;
	return Object.fromEntries(
		Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
	);
}
