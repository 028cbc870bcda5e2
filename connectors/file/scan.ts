import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import type { Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { sameStat } from "#domain/file-state.ts";
import { displayPath, fsPath, type PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { Accounts } from "./accounts.ts";
import { classify, type FirstStart, meansTheSame } from "./classify.ts";
import { Differences } from "./differences.ts";
import { isAbsent, isNoDirectory, look, lookAt, namesIn, type Seen, statOf } from "./listing.ts";
import { waitingFor } from "./markers.ts";
import type { WatchedDirectories } from "./watched-directories.ts";
import { joinPath, nameOf, parentOf } from "./watcher.ts";

export interface ScanContext {
	readonly settings: SourceSettings;
	readonly ledger: Ledger;
	readonly clock: Clock;
	readonly report: Report;
	readonly directories: WatchedDirectories;
	/** Called after observations were written. */
	readonly onObserved: () => void;
}

/** Files compared at once: a few milliseconds of the event loop. */
const partSize = 256;

const noStat = { size: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };

/** Holds directories against the ledger, and writes down what differs. One call at a time: the source sees to that. */
export class Scan {
	readonly #context: ScanContext;
	readonly #firstStart: FirstStart;
	/** Whether what did not change is held against the rules as well: they may be others than when it was written down. */
	readonly #reconsider: boolean;
	readonly #differences: Differences;
	readonly #accounts: Accounts;
	#steps = 0;

	constructor(context: ScanContext, firstStart: FirstStart, reconsider: boolean) {
		this.#context = context;
		const { name: source, watch: root } = context.settings;
		this.#differences = new Differences({ ...context, source });
		const again = async (directory: PathString, names: readonly string[]) => {
			await this.some(directory, names);
			this.flush();
		};
		this.#accounts = new Accounts({ source, root, ledger: context.ledger, again });
		this.#firstStart = firstStart;
		this.#reconsider = reconsider;
	}

	/** Compares everything in a directory, not deeper. Gives the directories in it. */
	async whole(directory: PathString): Promise<readonly PathString[]> {
		const stats = await this.#directoryStats(directory);
		if (stats === undefined) return [];
		const before = [...this.#context.directories.childrenOf(directory)];
		const names = await this.#enter(directory, stats);
		if (names === undefined) return [];
		const below: PathString[] = [];
		for (let from = 0; from === 0 || from < names.length; from += partSize) {
			below.push(...(await this.#part(directory, names, from)));
		}
		this.#accounts.saw(directory, names.length - below.length);
		const present = new Set(below.map(nameOf));
		for (const child of before) if (!present.has(child)) await this.#forgetTree(joinPath(directory, child));
		return below;
	}

	/** Compares only these names of a directory. Gives the directories among them. */
	async some(directory: PathString, names: readonly string[]): Promise<readonly PathString[]> {
		const { settings, ledger } = this.#context;
		const paths = names.map((name) => joinPath(directory, name));
		const seen = await look(settings.watch, paths, !this.#context.directories.isShared(directory));
		const directories = this.#context.directories.childrenOf(directory);
		for (const [i, name] of names.entries()) {
			if (directories.has(name) && isNoDirectory(seen[i] as Seen)) await this.#forgetTree(paths[i] as PathString);
		}
		return paths.filter((path, i) => this.#compare(path, seen[i] as Seen, ledger.find(settings.name, path)));
	}

	/** What the ledger holds below directories that no longer exist; after a walk over all of them. */
	async forgetUnvisited(): Promise<void> {
		const { ledger, settings, directories } = this.#context;
		for (const known of ledger.directories(settings.name)) {
			if (!directories.has(known)) await this.#forget(known);
			await this.#step();
		}
	}

	/** Whether there is so much to be written that it is worth a transaction of its own. */
	get isFull(): boolean {
		return this.#differences.isFull;
	}

	/** Writes what is left to be written. */
	flush(): void {
		this.#differences.flush();
	}

	/** Files seen in whole directories, since it was asked last, that the ledger does not know although they were written down. */
	missing(): Promise<number> {
		return this.#accounts.missing();
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
			this.#differences.gone(directory, entry);
			return names;
		} catch (thrown) {
			if (directory === "") unreachable(settings.watch, thrown);
			if (isAbsent(thrown)) {
				await this.#forgetTree(directory);
				this.#differences.gone(directory, entry);
			} else {
				const reason = `the directory cannot be read: ${reasonOf(thrown)}`;
				this.#differences.quarantined(directory, entry, statOf(stats), reason);
			}
			return undefined;
		}
	}

	async #part(directory: PathString, names: readonly string[], from: number): Promise<PathString[]> {
		const { settings, ledger } = this.#context;
		const part = names.slice(from, from + partSize);
		const paths = part.map((name) => joinPath(directory, name));
		const seen = await look(settings.watch, paths, !this.#context.directories.isShared(directory));
		const known = ledger.children(settings.name, directory, {
			after: from === 0 ? undefined : names[from - 1],
			through: from + partSize >= names.length ? undefined : part.at(-1),
		});
		const below = paths.filter((path, i) => this.#compare(path, seen[i] as Seen, known.get(part[i] as string)));
		if (known.size > 0) {
			const there = new Set(part);
			for (const [name, entry] of known) if (!there.has(name)) this.#differences.gone(entry.path, entry);
		}
		return below;
	}

	/** Whether it is a directory; what else it is, is written down where it differs. */
	#compare(path: PathString, seen: Seen, entry: LedgerEntry | undefined): boolean {
		if (seen instanceof Error) {
			if (isAbsent(seen)) this.#differences.gone(path, entry);
			else this.#differences.quarantined(path, entry, noStat, `it cannot be looked at: ${reasonOf(seen)}`);
			return false;
		}
		if (seen.isDirectory()) return true;
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
		this.#differences.add(observation);
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

	/** A directory is gone, or no directory any more: so is all that was in it. */
	async #forgetTree(directory: PathString): Promise<void> {
		const { ledger, settings, directories } = this.#context;
		directories.leave(directory);
		await this.#forget(directory);
		for (const known of ledger.directories(settings.name, directory)) await this.#forget(known);
	}

	/** A part at a time: there may be any number of directories, and any number of files in one. */
	async #forget(directory: PathString): Promise<void> {
		const { ledger, settings } = this.#context;
		for (let after: string | undefined, part = partSize; part === partSize; ) {
			const known = ledger.children(settings.name, directory, { after, through: undefined, most: partSize });
			for (const [name, entry] of known) {
				this.#differences.gone(entry.path, entry);
				await this.#step();
				after = name;
			}
			part = known.size;
		}
	}

	/** One of very many: after so many of them others have their turn of the event loop. */
	async #step(): Promise<void> {
		if (++this.#steps % partSize === 0) await nextTurn();
	}
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
