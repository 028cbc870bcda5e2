import { type FileState, fileStates } from "#domain/file-state.ts";
import { watchedElsewhere } from "#domain/watched-elsewhere.ts";
import type { Workbench } from "../application.ts";
import { checkArchive } from "./archive.ts";
import { checkAudit } from "./audit.ts";
import type { Check, Difference } from "./difference.ts";
import { checkDisk, checkPresence } from "./disk.ts";
import { checkJobs } from "./jobs.ts";
import { checkObjects } from "./objects.ts";
import { checkResults } from "./results.ts";
import { checkSettled } from "./settled.ts";
import { checkTemporaries } from "./temporaries.ts";

export interface Verification {
	/** Paths on disk, by the state that the ledger has for them. */
	readonly states: Readonly<Record<FileState, number>>;
	readonly unaccounted: number;
	/** Sources that another host watches, with who does, if anybody: their files are accounted for by the ledger there. */
	readonly elsewhere: ReadonlyMap<string, string | undefined>;
}

export interface Witness {
	/** Called for each difference as soon as it is certain. */
	readonly differs: (difference: Difference) => Promise<void>;
	/** Called after each question; `asked` counts them. */
	readonly progress: (what: string, asked: number) => void;
	/** Waits before what differs is asked again. */
	readonly pause: () => Promise<void>;
}

/** Asked again at once: more than these are no matter of being in flight. */
const suspectsAtOnce = 1_000;

/** Holds disk, ledger, catalog, manifests and objects against one another. Nothing is changed, and memory is bounded. */
export async function verify(workbench: Workbench, witness: Witness): Promise<Verification> {
	const states = Object.fromEntries(fileStates.map((state) => [state, 0])) as Record<FileState, number>;
	const count = (state: FileState) => {
		states[state]++;
	};
	let unaccounted = 0;
	let asked = 0;
	const elsewhere = await elsewhereOf(workbench);
	for (const { what, checks } of areas(workbench, elsewhere, count)) {
		let suspects: Check[] = [];
		const settleSuspects = async () => {
			unaccounted += await askAgain(suspects, witness);
			suspects = [];
		};
		for await (const check of checks) {
			witness.progress(what, ++asked);
			if ((await check()) !== undefined) suspects.push(check);
			if (suspects.length === suspectsAtOnce) await settleSuspects();
		}
		await settleSuspects();
	}
	return { states, unaccounted, elsewhere };
}

/** Only where hosts share a catalog is there another one. */
async function elsewhereOf(workbench: Workbench): Promise<Verification["elsewhere"]> {
	const { services, sources } = workbench.settings;
	if (services.catalog === undefined) return new Map();
	const names = sources.map(({ name }) => name);
	return await watchedElsewhere(workbench, names, Date.now());
}

function areas(workbench: Workbench, elsewhere: Verification["elsewhere"], count: (state: FileState) => void) {
	const { settings, ledger } = workbench;
	const here = settings.sources.filter(({ name }) => !elsewhere.has(name));
	const perSource = here.flatMap((source) => [
		{ what: `files of ${source.name}`, checks: checkDisk(source, ledger, count) },
		{ what: `ledger of ${source.name}`, checks: checkPresence(source, ledger) },
		{ what: `acquisitions of ${source.name}`, checks: checkSettled(source, workbench) },
		{ what: `archive of ${source.name}`, checks: checkArchive(source, workbench) },
	]);
	return [
		...perSource,
		{ what: "jobs", checks: checkJobs(workbench) },
		{ what: "results", checks: checkResults(workbench) },
		{ what: "objects", checks: checkObjects(workbench) },
		{ what: "temporary files", checks: checkTemporaries(workbench) },
		{ what: "audit log", checks: checkAudit(workbench) },
	];
}

/** Gives how many still differ. */
async function askAgain(suspects: readonly Check[], { differs, pause }: Witness): Promise<number> {
	if (suspects.length === 0) return 0;
	await pause();
	let differing = 0;
	for (const check of suspects) {
		const difference = await check();
		if (difference === undefined) continue;
		differing++;
		await differs(difference);
	}
	return differing;
}
