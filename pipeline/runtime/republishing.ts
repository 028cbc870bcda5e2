import type { EdgeCatalog } from "#core/ports/catalog.ts";
import type { LogEvent, LogPartition } from "#core/ports/event-log.ts";
import type { Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { withSampled } from "#core/trace.ts";
import { type Acquisition, memberOf, traceOfVersion } from "#domain/acquisition.ts";
import { type FileState, lastChangeOf, settledStates } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import { heldBackBy, noHeldBack, noteHeldBack } from "./held-back.ts";
import { type PersistContext, pause, persist } from "./persist.ts";
import type { PublishContext } from "./publish.ts";
import { settledEvent, standingOf } from "./settled-event.ts";

export interface RepublishingContext
	extends Pick<PublishContext, "log" | "ledger" | "roots" | "gathering" | "writing" | "tracer" | "paused">,
		Omit<PersistContext, "signal"> {
	readonly catalog: Pick<EdgeCatalog, "logsBegun" | "offset" | "arrived">;
	/** Whether it is ours, and the ledger knows what there is: of what another watches we may have versions that are gone. */
	readonly isCurrent: (source: string) => boolean;
}

const lookEveryMs = 1_000;
/** Where a log ends is not asked every second. */
const doubtEveryMs = 5_000;
const atOnce = 256;
/** Published, and nothing known of what became of it. */
const openStates: readonly FileState[] = settledStates.filter((state) => state !== "analysed");

/**
 * What was published and not taken in, and may be lost, is published again, under the same ids: of a partition that is
 * read from its first event, because it is another one or dropped something; and of one that is read to its end, after its
 * server went away. And what settled while its source was held back, and so was never published, once that is resumed.
 */
export class Republishing {
	readonly #context: RepublishingContext;
	#lapses = 0;
	/** Partitions whose last events may be gone, until they are read to their end. */
	readonly #doubtful = new Set<LogPartition>();

	constructor(context: RepublishingContext) {
		this.#context = context;
	}

	async follow(signal: AbortSignal): Promise<void> {
		const { clock, report, catalog } = this.#context;
		const patient = { clock, report, signal };
		let doubtAt = clock.monotonic();
		while (!signal.aborted) {
			await this.#followBegun(await persist("catalog", () => catalog.logsBegun(), patient), signal);
			for (const source of this.#resumed()) await this.#publishHeldBack(source, signal);
			if (clock.monotonic() >= doubtAt) {
				await this.#followLapses(signal);
				doubtAt = clock.monotonic() + doubtEveryMs;
			}
			await pause(lookEveryMs, patient);
		}
	}

	/** Whether there is nothing to be published again, as far as is known. */
	async idle(): Promise<boolean> {
		return this.#resumed().length === 0 && this.#stale(await this.#context.catalog.logsBegun()).size === 0;
	}

	/** Sources of ours that go on, and of which something was held back. */
	#resumed(): readonly string[] {
		const { roots, ledger, paused, isCurrent } = this.#context;
		const goesOn = (source: string) => isCurrent(source) && !paused.source(source);
		return [...roots.keys()].filter((source) => heldBackBy(ledger, source) !== undefined && goesOn(source));
	}

	/** Held back again meanwhile, what settles then has another note. */
	async #publishHeldBack(source: string, signal: AbortSignal): Promise<void> {
		const { ledger, log, clock, report, writing } = this.#context;
		const by = heldBackBy(ledger, source);
		await Promise.allSettled(writing);
		const units = await this.#publishSourceAgain(source, new Set(log.partitions.map(({ name }) => name)), signal);
		const forget = () => {
			if (heldBackBy(ledger, source) === by) noHeldBack(ledger, source);
		};
		await persist("ledger", forget, { clock, report, signal });
		report({ event: "source.resumed", source, units });
	}

	/** Crashed in between, all of it is done once more. */
	async #followBegun(begun: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> {
		const { ledger, clock, report } = this.#context;
		const stale = this.#stale(begun);
		if (stale.size === 0) return;
		await this.#publishAgain(new Set(stale.keys()), signal);
		for (const [name, times] of stale) {
			await persist("ledger", () => ledger.setNote(noteOf(name), String(times)), { clock, report, signal });
		}
	}

	async #followLapses(signal: AbortSignal): Promise<void> {
		const { log } = this.#context;
		if (log.lapses !== this.#lapses) for (const partition of log.partitions) this.#doubtful.add(partition);
		this.#lapses = log.lapses;
		for (const partition of this.#doubtful) {
			if (!(await this.#isReadToItsEnd(partition, signal))) continue;
			await this.#publishAgain(new Set([partition.name]), signal);
			this.#doubtful.delete(partition);
		}
	}

	async #isReadToItsEnd(partition: LogPartition, signal: AbortSignal): Promise<boolean> {
		const { catalog, clock, report } = this.#context;
		const patient = { clock, report, signal };
		const end = await persist("event log", () => partition.end(), patient);
		if (end === undefined) return true;
		const taken = await persist("catalog", () => catalog.offset(partition.name), patient);
		return taken !== undefined && taken >= end;
	}

	#stale(begun: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
		const { log, ledger } = this.#context;
		const names = log.partitions.map(({ name }) => name);
		const known = (name: string) => Number(ledger.note(noteOf(name)) ?? 0);
		return new Map([...begun].filter(([name, times]) => names.includes(name) && known(name) !== times));
	}

	/** What is held back is published when its source is resumed, with all that may be lost. */
	async #publishAgain(partitions: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
		const { roots, writing, report, paused, ledger, clock } = this.#context;
		// What is being written now may be in the log that is gone, and not in the ledger yet.
		await Promise.allSettled(writing);
		let units = 0;
		for (const source of roots.keys()) {
			const by = paused.source(source);
			if (by === undefined) units += await this.#publishSourceAgain(source, partitions, signal);
			else await persist("ledger", () => noteHeldBack(ledger, source, by), { clock, report, signal });
		}
		if (units > 0) report({ event: "units.republished", units });
	}

	async #publishSourceAgain(source: string, partitions: ReadonlySet<string>, signal: AbortSignal): Promise<number> {
		const { log, ledger, catalog, clock, report } = this.#context;
		const patient = { clock, report, signal };
		let count = 0;
		let beyond = 0;
		while (!signal.aborted) {
			const request = { source, states: openStates, order: "asc" as const, beyond, limit: atOnce };
			const page = await persist("ledger", () => ledger.page(request), patient);
			const all = page
				.flatMap((entry) => this.#eventOf(entry))
				.filter(({ key }) => partitions.has(log.partitionOf(key).name));
			const arrived = await persist("catalog", () => catalog.arrived(all.map(({ id }) => id)), patient);
			const events = all.filter(({ id }) => !arrived.has(id));
			await persist("event log", () => log.append(events), patient);
			count += events.length;
			beyond = page.at(-1)?.id ?? beyond;
			if (page.length < atOnce) break;
			await new Promise(setImmediate);
		}
		return count;
	}

	/** None of a member, which is published with its folder. */
	#eventOf(unit: LedgerEntry): LogEvent[] {
		const { ledger, roots, gathering, tracer } = this.#context;
		const published = unit.kind === "member" ? undefined : ledger.publication(unit.id);
		if (published === undefined) return [];
		const acquisition = acquisitionOf(unit, ledger, published.at);
		if (acquisition === undefined) return [];
		const root = roots.get(unit.source) as PathString;
		const standing = standingOf(ledger, unit);
		const [origin] = ledger.origins(unit.id);
		const place = traceOfVersion(standing, origin);
		const undecided = origin === undefined ? () => tracer.sampled(place, "acquire") : () => place;
		const { isTraced } = published;
		const { traceparent } = isTraced === undefined ? undecided() : withSampled(place, isTraced);
		const event = { id: published.event, acquisition, root, traceparent, standing };
		return [settledEvent(event, gathering.has(unit.source))];
	}
}

/** As it was published; of a folder that is gone, with what went with it. */
function acquisitionOf(unit: LedgerEntry, ledger: Ledger, settledAt: number): Acquisition | undefined {
	const { source, path: key, kind, goneAt: unitGoneAt } = unit;
	if (kind === "member") return undefined;
	const isOfIt = ({ goneAt }: LedgerEntry) =>
		goneAt === undefined || (unitGoneAt !== undefined && goneAt >= unitGoneAt);
	const files = kind === "file" ? [unit] : ledger.members(unit.id).filter(isOfIt);
	const members = files.flatMap(({ path, stat, sha256 }) =>
		sha256 === undefined ? [] : [memberOf(path, stat, sha256)],
	);
	if (members.length === 0) return undefined;
	const acquiredAt = lastChangeOf(
		files.map(({ stat }) => stat),
		settledAt,
	);
	return { source, key, kind, members, acquiredAt, settledAt, captures: {} };
}

function noteOf(log: string): string {
	return `log/${log}/begun`;
}
