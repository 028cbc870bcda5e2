import { createHash } from "node:crypto";
import type { EdgeCatalog, Lease } from "#core/ports/catalog.ts";
import type { Unit } from "#core/ports/ledger.ts";
import { noteWatchLease, watchLease } from "#domain/watched-elsewhere.ts";
import { type Leases, renewEveryMs } from "./leases.ts";
import { Loop } from "./loop.ts";
import { pause, persist } from "./persist.ts";
import { SourceWatch, type SourceWatchContext } from "./source-watch.ts";

export interface SourceShareContext extends Omit<SourceWatchContext, "signal"> {
	readonly catalog: Pick<EdgeCatalog, "isKnown" | "firstTaken">;
	/** Undefined: no other process shares the catalog. */
	readonly leases: Leases | undefined;
	/** Called when it became ours, or is no more. */
	readonly moved: () => void;
}

/**
 * A source as this process has it. Of several processes that see the same share one watches it, under a lease; the others
 * stand by, and one takes over within seconds when it dies. What its ledger does not know then is asked of the catalog,
 * and so it is where the ledger itself is new: what is known and unchanged is neither read nor published again.
 *
 * standing by -> held (watched from now on) <-> lost, where the lease went to another. A scan that is under way then ends by
 * itself: its ledger is this host's alone, and nothing is judged that is not held.
 */
export class SourceShare {
	readonly watch: SourceWatch;
	readonly #context: SourceShareContext;
	readonly #loop = new Loop();
	#held = false;
	#watching: Promise<void> | undefined;
	#scanned = false;
	/** Versions that were noticed until then may be known to the catalog. */
	#knownUntil = Number.NEGATIVE_INFINITY;
	#lease: string | undefined;
	#token = 0;
	/** Who stands by has told so. */
	#told = false;

	constructor(context: SourceShareContext) {
		this.#context = context;
		this.watch = new SourceWatch({ ...context, signal: this.#loop.signal });
	}

	get held(): boolean {
		return this.#held;
	}

	/** It is ours, and its ledger knows what there is: it was scanned, and is watched since. */
	get isCurrent(): boolean {
		return this.#held && this.#scanned;
	}

	/** Another process watches it; not known at first. */
	get standsBy(): boolean {
		return this.#told;
	}

	mayBeKnown({ changedAt }: Unit): boolean {
		return changedAt <= this.#knownUntil;
	}

	/** Resolves when it is watched and scanned once, or another process has it. */
	async start(): Promise<void> {
		const { leases, onBroken } = this.#context;
		if (leases === undefined) await this.#take("alone", 0);
		else {
			await this.#settle(leases);
			this.#loop.start((signal) => this.#follow(leases, signal), onBroken);
		}
		await this.#watching;
	}

	async close(): Promise<void> {
		await this.watch.close();
		await this.#loop.stop();
	}

	/** Nothing of it is on its way any more: another may have it. */
	async leave(): Promise<void> {
		if (this.#held && this.#lease !== undefined) await this.#context.leases?.giveBack(this.#lease);
		this.#held = false;
	}

	async #follow(leases: Leases, signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			await pause(renewEveryMs, { clock: this.#context.clock, signal });
			await this.#settle(leases);
		}
	}

	async #settle(leases: Leases): Promise<void> {
		const { source } = this.#context;
		const share = await source.share();
		const lease = watchLease(source.settings.name, createHash("sha256").update(share).digest("hex").slice(0, 32));
		// Something else is mounted there by now.
		if (this.#lease !== lease) await this.leave();
		this.#lease = lease;
		const token = await leases.take(lease, this.#loop.signal);
		if (token !== undefined && (!this.#held || token !== this.#token)) await this.#note({ name: lease, token });
		if (token === undefined) await this.#standBy(leases, share);
		else if (!this.#held || token > this.#token + 1) await this.#take(lease, token);
		this.#token = token ?? 0;
	}

	/** From now on the ledger tells of it, until another is given it. */
	async #note(lease: Lease): Promise<void> {
		const { source, ledger, clock, report } = this.#context;
		const note = () => noteWatchLease(ledger, source.settings.name, lease);
		await persist("ledger", note, { clock, report, signal: this.#loop.signal });
	}

	async #standBy(leases: Leases, share: string): Promise<void> {
		const { source, report, moved } = this.#context;
		const lost = this.#held;
		this.#held = false;
		if (this.#told && !lost) return;
		this.#told = true;
		const holder = await leases.holder(this.#lease as string);
		report({ event: "source.standby", source: source.settings.name, share, holder: holder ?? "another process", lost });
		moved();
	}

	async #take(lease: string, token: number): Promise<void> {
		const { source, ledger, catalog, clock, report, moved } = this.#context;
		const { name } = source.settings;
		const signal = this.#loop.signal;
		const [before, tokenBefore] = (ledger.note(noteOf(name)) ?? "").split(" ");
		const isCurrent = before === lease && token <= Number(tokenBefore) + 1;
		const isKnown = () => persist("catalog", () => catalog.isKnown(name), { clock, report, signal });
		if (!isCurrent && (await isKnown())) this.#knownUntil = Number.POSITIVE_INFINITY;
		const took = this.#told;
		this.#told = false;
		this.#held = true;
		if (this.#watching === undefined) {
			this.#watching = this.#begin(`${lease} ${token}`);
			this.#watching.catch(() => {}); // Told by `start`, or here.
			if (took) void this.#watching.catch(this.#context.onBroken);
		} else {
			this.#knownUntil = Math.min(this.#knownUntil, clock.now());
			ledger.setNote(noteOf(name), `${lease} ${token}`);
		}
		if (took) report({ event: "source.taken", source: name });
		moved();
	}

	/** The note says that all that was there has been seen by who held this lease. */
	async #begin(note: string): Promise<void> {
		const { source, ledger, catalog, clock, report } = this.#context;
		const { name, existing } = source.settings;
		if (this.#knownUntil === Number.POSITIVE_INFINITY && existing !== "process") {
			const before = existing === "ignore" ? undefined : existing.since;
			const first = () => catalog.firstTaken(name, before);
			const at = await persist("catalog", first, { clock, report, signal: this.#loop.signal });
			if (at !== undefined) source.startedFirst(at - 1);
		}
		await this.watch.start();
		this.#scanned = true;
		this.#knownUntil = Math.min(this.#knownUntil, clock.now());
		ledger.setNote(noteOf(name), note);
	}
}

function noteOf(source: string): string {
	return `share/${source}`;
}
