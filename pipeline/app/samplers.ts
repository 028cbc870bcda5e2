import { setImmediate as othersTurn } from "node:timers/promises";
import type { Role } from "#cli/application.ts";
import { transient } from "#core/errors.ts";
import type { FileState } from "#domain/file-state.ts";
import { fsPath } from "#domain/path.ts";
import { usualGapMs } from "#domain/rhythm.ts";
import type { Settings, TlsSettings } from "#domain/settings.ts";
import { sinkFeed, sinkNeighbour } from "#domain/sink-names.ts";
import { watchedElsewhere } from "#domain/watched-elsewhere.ts";
import { kept } from "#observability/kept.ts";
import { sampleMachine } from "#observability/machine-gauges.ts";
import type { Metrics } from "#observability/metrics.ts";
import { soon } from "#observability/soon.ts";
import { type Rhythm, type StateSource, sampleState } from "#observability/state-gauges.ts";
import type { PeerCertificates } from "./peer-certificates.ts";
import type { Running } from "./running.ts";
import type { State } from "./state.ts";

/** A source's usual gap changes slowly. */
const rhythmEveryMs = 60_000;

/** What a process samples for its metrics: what is not there yet has no series. */
export class Samplers implements StateSource {
	readonly #sources: readonly string[];
	readonly pools: readonly string[];
	readonly pipelines: readonly string[];
	readonly #usualGaps: () => Promise<ReadonlyMap<string, number | undefined>>;
	readonly #askElsewhere: () => Promise<readonly string[]>;
	state: State | undefined;
	running: Running | undefined;
	/** Sources that another host watches, as the catalog said last. */
	#elsewhere: readonly string[] = [];

	constructor(settings: Settings, metrics: Metrics, roles: readonly Role[], { looks }: PeerCertificates) {
		this.#sources = settings.sources.map(({ name }) => name);
		this.pools = settings.pools.map(({ name }) => name);
		this.pipelines = settings.pipelines.map(({ name }) => name);
		this.#usualGaps = kept(
			() => this.#readUsualGaps(),
			() => rhythmEveryMs,
		);
		this.#askElsewhere = kept(
			() => this.#readElsewhere(),
			() => 0,
		);
		sampleState(metrics, this);
		const sources = new Map(
			roles.includes("watch") ? settings.sources.map(({ name, watch }) => [name, fsPath(watch)]) : [],
		);
		sampleMachine(metrics, { data: settings.data, sources, certificates: certificatesIn(settings), peers: looks });
		this.#sampleRoles(metrics);
		this.#samplePools(metrics);
	}

	now(): number {
		return this.#open().clock.now();
	}

	async files(): Promise<ReadonlyMap<string, ReadonlyMap<FileState, number>>> {
		const state = this.#open();
		// Without the catalog nobody is given a source, and what the edge has meanwhile is to be seen.
		this.#elsewhere = (await soon(this.#askElsewhere())) ?? this.#elsewhere;
		return new Map(this.#ours().map((source) => [source, state.ledger.counts(source)]));
	}

	async rhythms(): Promise<ReadonlyMap<string, Rhythm>> {
		const { ledger } = this.#open();
		const usual = await this.#usualGaps();
		return new Map(
			this.#ours().flatMap((source) => {
				const [last] = ledger.bursts(source, 1);
				return last === undefined ? [] : [[source, { lastChangeAt: last.ended, usualGapMs: usual.get(source) }]];
			}),
		);
	}

	jobs() {
		return this.#open().catalog.countJobs();
	}

	unfinished() {
		return this.#open().catalog.countUnfinished();
	}

	/** Told by those who work with the queue: for this alone nobody connects to it. */
	async queues() {
		const { queue } = this.#open();
		if (!this.running?.loads.has("flow") && !this.running?.loads.has("work")) return new Map<string, never>();
		return new Map(
			await Promise.all(this.pools.map(async (pool) => [pool, (await queue.depth(pool)).waiting] as const)),
		);
	}

	/** Told by those who tell the sinks. */
	async untold() {
		const { catalog, sinks } = this.#open();
		if (!this.running?.loads.has("flow")) return new Map<string, never>();
		return new Map(
			await Promise.all(
				[...sinks.keys()].map(async (name) => {
					const [first] = await catalog.feed((await catalog.offset(sinkFeed(name))) ?? 0, 1);
					return [sinkNeighbour(name), first?.at] as const;
				}),
			),
		);
	}

	#open(): State {
		if (this.state === undefined) throw transient("STATE_AWAY", "the state is not open yet");
		return this.state;
	}

	/** Processes of one host share its ledger: the one that watches tells of it, so that nobody counts its files twice. */
	#ours(): readonly string[] {
		if (!this.running?.loads.has("watch")) return [];
		return this.#sources.filter((source) => !this.#elsewhere.includes(source));
	}

	async #readElsewhere(): Promise<readonly string[]> {
		const state = this.#open();
		return [...(await watchedElsewhere(state, this.#sources, state.clock.now())).keys()];
	}

	async #readUsualGaps(): Promise<ReadonlyMap<string, number | undefined>> {
		const { ledger } = this.#open();
		const gaps = new Map<string, number | undefined>();
		for (const source of this.#sources) {
			gaps.set(source, usualGapMs(ledger.bursts(source), Date.now()));
			await othersTurn();
		}
		return gaps;
	}

	#sampleRoles({ credits, creditsInUse, watermark, sample }: Metrics): void {
		sample({
			gauges: [credits, creditsInUse, watermark],
			take: () => {
				watermark.reset();
				for (const [role, load] of this.running?.loads ?? []) {
					credits.set({ role }, load.credits);
					creditsInUse.set({ role }, load.inUse);
				}
				for (const [partition, at] of this.running?.watermarks ?? []) {
					if (at !== undefined) watermark.set({ partition }, at / 1000);
				}
			},
		});
	}

	#samplePools({ poolUp, poolWorkers, poolWaiting, sample }: Metrics): void {
		sample({
			gauges: [poolUp, poolWorkers, poolWaiting],
			take: () => {
				for (const { name: pool, load } of this.running?.pools ?? []) {
					poolUp.set({ pool }, load.running + load.idle > 0 ? 1 : 0);
					poolWorkers.set({ pool, state: "running" }, load.running);
					poolWorkers.set({ pool, state: "idle" }, load.idle);
					poolWaiting.set({ pool }, load.waiting);
				}
			},
		});
	}
}

/** Of what the configuration names: our own, and those by which we know others. */
function certificatesIn({ services }: Settings): ReadonlyMap<string, string> {
	const { broker, catalog, cache, kafka } = services;
	const named = Object.entries({ broker, catalog, cache, kafka }).flatMap(([service, settings]) => {
		const { cert, ca }: Partial<TlsSettings> = settings?.tls ?? {};
		return [
			[service, cert],
			[`${service} ca`, ca],
		] as const;
	});
	return new Map(named.flatMap(([service, file]) => (file === undefined ? [] : [[service, file] as const])));
}
