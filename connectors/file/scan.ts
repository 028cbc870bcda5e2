import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import type { Clock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import type { Ledger, LedgerEntry, Observation } from "#core/ports/ledger.ts";
import { sameStat } from "#domain/file-state.ts";
import { displayPath, fsPath, type PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { classify, type FirstStart } from "./classify.ts";
import { isAbsent, look, lookAt, namesIn, statOf } from "./listing.ts";
import { waitingFor } from "./markers.ts";
import type { WatchedDirectories } from "./watched-directories.ts";
import { joinPath, nameOf, parentOf } from "./watcher.ts";

export interface ScanContext {
	readonly settings: SourceSettings;
	readonly ledger: Ledger;
	readonly clock: Clock;
	readonly directories: WatchedDirectories;
	/** Called after observations were written. */
	readonly onObserved: () => void;
}

/** Files compared at once, and observations written at once: a few milliseconds of the event loop each. */
const partSize = 256;
const writeSize = 1_024;

const noStat = { size: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };

/** Holds directories against the ledger, and writes down what differs. One call at a time: the source sees to that. */
export class Scan {
	readonly #context: ScanContext;
	readonly #firstStart: FirstStart;
	/** Whether what did not change is held against the rules as well: they may be others than when it was written down. */
	readonly #reconsider: boolean;
	#observations: Observation[] = [];

	constructor(context: ScanContext, firstStart: FirstStart, reconsider: boolean) {
		this.#context = context;
		this.#firstStart = firstStart;
		this.#reconsider = reconsider;
	}

	/** Compares everything in a directory, not deeper. Gives the directories in it. */
	async whole(directory: PathString): Promise<readonly PathString[]> {
		const stats = await this.#directoryStats(directory);
		if (stats === undefined) return [];
		const names = await this.#enter(directory, stats);
		if (names === undefined) return [];
		const below: PathString[] = [];
		for (let from = 0; from === 0 || from < names.length; from += partSize) {
			below.push(...(await this.#part(directory, names, from)));
		}
		const present = new Set(below.map(nameOf));
		for (const child of this.#context.directories.childrenOf(directory)) {
			if (!present.has(child)) this.forgetTree(joinPath(directory, child));
		}
		return below;
	}

	/** Compares only these names of a directory. Gives the directories among them. */
	async some(directory: PathString, names: readonly string[]): Promise<readonly PathString[]> {
		const { settings, ledger } = this.#context;
		const paths = names.map((name) => joinPath(directory, name));
		const seen = await look(settings.watch, paths);
		const directories = this.#context.directories.childrenOf(directory);
		return paths.filter((path, i) => {
			const wasDirectory = directories.has(names[i] as string);
			return this.#compare(path, seen[i] as Seen, ledger.find(settings.name, path), wasDirectory);
		});
	}

	/** A directory is gone, or no directory any more: so is all that was in it. */
	forgetTree(directory: PathString): void {
		const { ledger, settings, directories } = this.#context;
		directories.leave(directory);
		this.#goneIfThere(directory, ledger.find(settings.name, directory));
		for (const known of ledger.directories(settings.name)) {
			if (known === directory || known.startsWith(`${directory}/`)) {
				for (const entry of ledger.children(settings.name, known).values()) this.#goneIfThere(entry.path, entry);
			}
		}
	}

	/** What the ledger holds below directories that no longer exist; after a walk over all of them. */
	forgetUnvisited(): void {
		const { ledger, settings, directories } = this.#context;
		const lost = [...ledger.directories(settings.name)].filter((directory) => !directories.has(directory));
		for (const directory of lost) this.forgetTree(directory);
	}

	/** Whether there is so much to be written that it is worth a transaction of its own. */
	get isFull(): boolean {
		return this.#observations.length >= writeSize / 2;
	}

	/** Writes what is left to be written. */
	flush(): void {
		if (this.#observations.length === 0) return;
		this.#context.ledger.observe(this.#context.settings.name, this.#observations);
		this.#observations = [];
		this.#context.onObserved();
	}

	async #directoryStats(directory: PathString): Promise<BigIntStats | undefined> {
		const { watch } = this.#context.settings;
		// The root itself may be a link: it was named by a person.
		if (directory === "") return stat(fsPath(watch), { bigint: true }).catch((cause) => unreachable(watch, cause));
		const seen = await lookAt(watch, directory);
		if (!(seen instanceof Error) && seen.isDirectory()) return seen;
		await this.some(parentOf(directory), [nameOf(directory)]);
		return undefined;
	}

	/** Watches a directory, then reads its names: what comes in between is told by the watch. */
	async #enter(directory: PathString, stats: BigIntStats): Promise<readonly string[] | undefined> {
		const { settings, ledger, directories } = this.#context;
		const entry = ledger.find(settings.name, directory);
		try {
			await directories.enter(directory, stats);
			const names = await namesIn(settings.watch, directory);
			// A file was here before, or the directory could not be read.
			this.#goneIfThere(directory, entry);
			return names;
		} catch (thrown) {
			if (directory === "") unreachable(settings.watch, thrown);
			if (isAbsent(thrown)) this.forgetTree(directory);
			else this.#quarantine(directory, entry, statOf(stats), `the directory cannot be read: ${reasonOf(thrown)}`);
			return undefined;
		}
	}

	async #part(directory: PathString, names: readonly string[], from: number): Promise<PathString[]> {
		const { settings, ledger } = this.#context;
		const part = names.slice(from, from + partSize);
		const paths = part.map((name) => joinPath(directory, name));
		const seen = await look(settings.watch, paths);
		const known = ledger.children(settings.name, directory, {
			after: from === 0 ? undefined : names[from - 1],
			through: from + partSize >= names.length ? undefined : part.at(-1),
		});
		const directories = this.#context.directories.childrenOf(directory);
		const below = paths.filter((path, i) => {
			const name = part[i] as string;
			return this.#compare(path, seen[i] as Seen, known.get(name), directories.has(name));
		});
		if (known.size > 0) {
			const there = new Set(part);
			for (const [name, entry] of known) if (!there.has(name)) this.#goneIfThere(entry.path, entry);
		}
		return below;
	}

	/** Whether it is a directory; what else it is, is written down where it differs. */
	#compare(path: PathString, seen: Seen, entry: LedgerEntry | undefined, wasDirectory: boolean): boolean {
		if (seen instanceof Error) {
			if (!isAbsent(seen)) this.#quarantine(path, entry, noStat, `it cannot be looked at: ${reasonOf(seen)}`);
			else if (wasDirectory) this.forgetTree(path);
			else this.#goneIfThere(path, entry);
			return false;
		}
		if (seen.isDirectory()) return true;
		if (wasDirectory) this.forgetTree(path);
		this.#compareFile(path, seen, entry);
		return false;
	}

	#compareFile(path: PathString, seen: BigIntStats, entry: LedgerEntry | undefined): void {
		const { settings, clock, directories } = this.#context;
		const unchanged = entry !== undefined && entry.goneAt === undefined && sameStat(entry.stat, statOf(seen));
		if (unchanged && !this.#reconsider) return;
		const observation = classify(path, seen, entry, {
			settings,
			firstStart: this.#firstStart,
			now: clock.now(),
			shared: directories.isShared(parentOf(path)),
		});
		if (unchanged && meansTheSame(entry, observation)) return;
		this.#add(observation);
		if (observation.kind === "ignored" && settings.complete.marker.length > 0) this.#wake(path);
	}

	/** A marker came: who waits for it is looked at now. */
	#wake(marker: PathString): void {
		const { ledger, settings, clock, onObserved } = this.#context;
		const at = clock.now();
		const waiting = waitingFor(marker, settings, ledger);
		if (waiting.length === 0) return;
		ledger.conclude(
			waiting.map(({ id, generation, reason }) => ({
				unit: id,
				generation,
				state: "settling",
				at,
				waitingFor: reason ?? "",
				wakeAt: at,
			})),
		);
		onObserved();
	}

	#quarantine(path: PathString, entry: LedgerEntry | undefined, stat: LedgerEntry["stat"], reason: string): void {
		const known = entry?.state === "quarantined" && entry.reason === reason && entry.goneAt === undefined;
		if (!known) this.#add({ kind: "quarantined", path, stat, at: this.#context.clock.now(), reason });
	}

	#goneIfThere(path: PathString, entry: LedgerEntry | undefined): void {
		if (entry === undefined || entry.goneAt !== undefined || entry.kind === "folder") return;
		this.#add({ kind: "gone", path, at: this.#context.clock.now() });
	}

	#add(observation: Observation): void {
		this.#observations.push(observation);
		if (this.#observations.length >= writeSize) this.flush();
	}
}

type Seen = BigIntStats | NodeJS.ErrnoException;

/** Whether the rules still say of an unchanged file what the ledger has; what was settled or analysed stays so. */
function meansTheSame(entry: LedgerEntry, observation: Observation): boolean {
	if (observation.kind === "changed") {
		return entry.state !== "ignored" && entry.kind === (observation.folder === undefined ? "file" : "member");
	}
	if (entry.state === "ignored") return observation.kind === "ignored" && entry.reason === observation.reason;
	return entry.state !== "seen" && entry.state !== "settling";
}

function reasonOf(thrown: unknown): string {
	const { code, message } = thrown as NodeJS.ErrnoException;
	return code === "EACCES" || code === "EPERM" ? `permission denied (${code})` : message;
}

function unreachable(root: PathString, cause: unknown): never {
	throw transient(
		"SOURCE_UNREACHABLE",
		`the watched directory ${displayPath(root)} cannot be read: ${reasonOf(cause)}`,
		{
			cause,
			fix: "Check that it exists, is mounted and may be read; it is tried again by itself.",
		},
	);
}
