import type { Clock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import type { FeedCatalog, ReadCatalog } from "#core/ports/catalog.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { Principal } from "#domain/access.ts";
import type { Report } from "#domain/report.ts";
import { Feed, type FeedPage } from "./feed.ts";
import { Follower } from "./follower.ts";
import type { LiveEvent } from "./live-event.ts";
import type { Wire } from "./wire.ts";

export interface LiveContext {
	readonly catalog: FeedCatalog & Pick<ReadCatalog, "jobs" | "results">;
	readonly clock: Clock;
	readonly moved: () => WakeUp;
	readonly report: Report;
	/** Of a process, at most. */
	readonly clients?: number;
	/** Of one principal; who needs not say who he is is no principal. */
	readonly clientsOfOne?: number;
}

export interface Following {
	readonly principal: Principal;
	/** Whether he still is who he was, and may still do this: asked with every heartbeat. */
	readonly still: () => Promise<boolean>;
	readonly wants: (event: LiveEvent) => boolean;
	/** Undefined: what comes next. */
	readonly after: number | undefined;
	readonly transport: "sse" | "websocket";
	/** Made once it is let in. */
	readonly wire: () => Wire | Promise<Wire>;
}

const heartbeatMs = 15_000;
/** Then a client is to come again, to whichever process. */
const longestMs = 15 * 60_000;

/** The clients of a process that follow what happens. */
export class Live {
	readonly #context: LiveContext;
	readonly #feed: Feed;
	readonly #followers = new Map<Follower, Following["still"]>();
	/** With those that are being let in. */
	readonly #ofPrincipal = new Map<string, number>();
	readonly #byTransport = new Map<Following["transport"], number>();
	#clients = 0;
	#closed = false;
	#stopBeating: (() => void) | undefined;

	constructor(context: LiveContext) {
		this.#context = context;
		const { report, clock } = context;
		const sent = (events: number, at?: number) => {
			if (events === 0) return;
			const lag = at === undefined ? {} : { lagSeconds: Math.max(0, clock.now() - at) / 1_000 };
			report({ event: "live.sent", events, ...lag });
		};
		this.#feed = new Feed({ ...context, sent });
	}

	/** Resolves once it is let in. @throws WatchRabbitError TOO_MANY_REQUESTS, TOO_MANY_CLIENTS, DRAINING (transient), what the catalog throws */
	async follow({ principal, still, wants, after, transport, wire }: Following): Promise<void> {
		const { clock, report } = this.#context;
		const who = principal.kind === "anyone" ? "" : `${principal.kind} ${principal.id}`;
		this.#admit(who);
		let follower: Follower;
		try {
			const from = after ?? (await this.#feed.now());
			if (this.#closed) throw draining();
			follower = new Follower({ wire: await wire(), wants, after: from, clock });
		} catch (thrown) {
			this.#release(who);
			throw thrown;
		}
		this.#followers.set(follower, still);
		report({ event: "live.joined", transport, clients: this.#count(transport, 1) });
		this.#stopBeating ??= clock.after(heartbeatMs, () => this.#beat());
		const leave = () => {
			this.#followers.delete(follower);
			this.#feed.leave(follower);
			this.#release(who);
			report({ event: "live.left", transport, clients: this.#count(transport, -1), why: follower.ended ?? "gone" });
			if (this.#followers.size > 0) return;
			this.#stopBeating?.();
			this.#stopBeating = undefined;
		};
		const following = this.#feed.follow(follower).catch(() => follower.end("unavailable"));
		void Promise.all([following, follower.gone]).then(leave);
		if (this.#closed) follower.end("draining");
	}

	page(after: number, wants: (event: LiveEvent) => boolean): Promise<FeedPage> {
		return this.#feed.page(after, wants);
	}

	/** Everybody is told to come back; who does not hear it in time is cut off. */
	async close(): Promise<void> {
		this.#closed = true;
		const gone = [...this.#followers.keys()].map((follower) => {
			follower.end("draining");
			return follower.gone;
		});
		await Promise.all(gone);
	}

	#admit(who: string): void {
		const { clients = 10_000, clientsOfOne = 100 } = this.#context;
		if (this.#closed) throw draining();
		const own = this.#ofPrincipal.get(who) ?? 0;
		if (who !== "" && own >= clientsOfOne) {
			throw transient("TOO_MANY_REQUESTS", `you follow in ${own} connections already`, {
				fix: `End one of them: ${clientsOfOne} are allowed.`,
			});
		}
		if (this.#clients >= clients) {
			throw transient("TOO_MANY_CLIENTS", `${this.#clients} clients follow this process already`, {
				fix: "Ask again later, or another process.",
			});
		}
		this.#clients += 1;
		this.#ofPrincipal.set(who, own + 1);
	}

	#release(who: string): void {
		this.#clients -= 1;
		const left = (this.#ofPrincipal.get(who) ?? 1) - 1;
		if (left > 0) this.#ofPrincipal.set(who, left);
		else this.#ofPrincipal.delete(who);
	}

	#count(transport: Following["transport"], by: number): number {
		const clients = (this.#byTransport.get(transport) ?? 0) + by;
		this.#byTransport.set(transport, clients);
		return clients;
	}

	#beat(): void {
		const { clock } = this.#context;
		for (const [follower, still] of this.#followers) {
			if (clock.monotonic() - follower.since > longestMs) follower.end("renewing");
			else follower.beat();
			// Who cannot be asked just now is asked with the next one.
			still().then(
				(isHe) => isHe || follower.end("renewing"),
				() => {},
			);
		}
		this.#stopBeating = clock.after(heartbeatMs, () => this.#beat());
	}
}

function draining() {
	return transient("DRAINING", "this process is ending", { fix: "Ask again in a few seconds." });
}
