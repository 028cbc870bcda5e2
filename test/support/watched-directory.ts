import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Inspector } from "#connectors/file/inspector.ts";
import { createJudge } from "#connectors/file/judge.ts";
import { FileSource } from "#connectors/file/source.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { type Clock, systemClock } from "#core/clock.ts";
import type { LedgerEntry, Unit } from "#core/ports/ledger.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { CompletenessProfile, SourceSettings } from "#domain/settings.ts";
import type { Settled, Verdict } from "#domain/verdict.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export type Changes = Partial<Omit<SourceSettings, "complete">> & { readonly complete?: Partial<CompletenessProfile> };

export function sourceSettings(watch: string, changes: Changes = {}): SourceSettings {
	return {
		name: "instrument",
		watch,
		include: ["**"],
		exclude: [],
		acquisition: "file",
		folders: [],
		group: undefined,
		archive: false,
		existing: "process",
		scanEveryMs: 3_600_000,
		mode: "auto",
		pollEveryMs: 50,
		kafka: undefined,
		...changes,
		complete: {
			quietMs: 50,
			marker: [],
			rename: [],
			footer: undefined,
			probe: "none",
			minBytes: 0,
			...changes.complete,
		},
	};
}

/** A real directory, watched by a real source into a real ledger; the test plays the runtime between them. */
export class WatchedDirectory {
	readonly root: string;
	readonly events: InternalEvent[] = [];
	readonly #directory = temporaryDirectory();
	readonly #inspector = new Inspector();
	readonly #clock: Clock;
	#settings: SourceSettings;
	ledger: SqliteLedger;
	source: FileSource;

	constructor(changes: Changes = {}, clock: Clock = systemClock) {
		this.root = join(this.#directory.path, "watched");
		mkdirSync(this.root);
		this.#clock = clock;
		this.#settings = sourceSettings(this.root, changes);
		this.ledger = this.#openLedger();
		this.source = this.#openSource();
	}

	path(...names: string[]): string {
		return join(this.root, ...names);
	}

	/** Another process with the same ledger, as after a restart; `changes` to the settings the configuration changed. */
	async restart(changes: Changes = {}): Promise<void> {
		await this.source.close();
		this.ledger.close();
		const { complete, ...others } = changes;
		this.#settings = { ...this.#settings, ...others, complete: { ...this.#settings.complete, ...complete } };
		this.ledger = this.#openLedger();
		this.source = this.#openSource();
		await this.source.start();
	}

	/** Every directory is held against the ledger now. */
	async scan(): Promise<void> {
		await this.source.rescan();
	}

	/** Scans each directory that a hint names, as the runtime does. */
	follow(): void {
		this.source.hints$.subscribe((directory) => {
			setTimeout(() => this.source.scanDirectory(directory).catch(() => {}), 5);
		});
	}

	find(path: string): LedgerEntry | undefined {
		return this.ledger.find("instrument", path);
	}

	/** State and reason of each path that is there. */
	states(): Record<string, string> {
		const entries = [...this.ledger.entries("instrument")].filter(({ goneAt, kind }) => !goneAt && kind !== "folder");
		return Object.fromEntries(entries.map(({ path, state, reason }) => [path, reason ? `${state}: ${reason}` : state]));
	}

	/** The unit as the ledger gives it to the judge, whenever it is due. */
	unit(path: string): Unit {
		const unit = this.ledger.due(Number.MAX_SAFE_INTEGER, 100_000, new Set()).find((due) => due.path === path);
		if (unit === undefined) throw new Error(`${path} does not wait: ${JSON.stringify(this.states())}`);
		return unit;
	}

	/** What the judge says of a unit now, its quiet time left out of account. */
	async judge(path: string, signal = new AbortController().signal): Promise<Verdict<Settled>> {
		return await this.judgeUnit({ ...this.unit(path), wakeAt: 0 }, signal);
	}

	async judgeUnit(unit: Unit, signal = new AbortController().signal): Promise<Verdict<Settled>> {
		const { ledger, source } = this;
		const sources = new Map([[source.settings.name, source]]);
		return await createJudge({ ledger, inspector: this.#inspector, sources, clock: this.#clock })(unit, signal);
	}

	/** Judges a unit and writes down what came out, as the runtime does. */
	async settle(path: string): Promise<Verdict<Settled>> {
		const unit = this.unit(path);
		const verdict = await this.judgeUnit({ ...unit, wakeAt: 0 });
		const at = this.#clock.now();
		const common = { unit: unit.id, generation: unit.generation, at };
		if (verdict.kind === "complete") {
			const { members } = verdict.value.acquisition;
			this.ledger.conclude([{ ...common, state: "settled", members, event: `event-of-${unit.id}` }]);
		}
		if (verdict.kind === "waiting") {
			this.ledger.conclude([{ ...common, state: "settling", waitingFor: verdict.for, wakeAt: at + verdict.againMs }]);
		}
		if (verdict.kind === "refused") {
			this.ledger.conclude([{ ...common, state: "quarantined", reason: verdict.cause.message }]);
		}
		return verdict;
	}

	async close(): Promise<void> {
		await this.source.close();
		await this.#inspector.close();
		this.ledger.close();
		this.#directory.remove();
	}

	#openLedger(): SqliteLedger {
		return new SqliteLedger(join(this.#directory.path, "ledger.db"));
	}

	#openSource(): FileSource {
		return new FileSource({
			settings: this.#settings,
			ledger: this.ledger,
			clock: this.#clock,
			report: (event) => this.events.push(event),
			onObserved: () => {},
		});
	}
}

/** Waits until it is so; the bound is far above what any machine needs. */
export async function until(what: string, condition: () => boolean, withinMs = 20_000): Promise<void> {
	const end = performance.now() + withinMs;
	while (!condition()) {
		if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
		await pause(5);
	}
}
