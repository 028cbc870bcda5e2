import type { AcquisitionRow } from "#core/ports/catalog-rows.ts";
import type { LedgerEntry } from "#core/ports/ledger.ts";
import { hasSettled, settledStates } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import type { Workbench } from "../application.ts";
import { type Check, type Difference, difference } from "./difference.ts";
import { join } from "./walk.ts";

/** What the ledger has settled is in the catalog, and what it calls analysed has a result. */
export async function* checkSettled(source: SourceSettings, workbench: Workbench): AsyncGenerator<Check> {
	for (const { kind, path, goneAt } of workbench.ledger.entries(source.name, { states: settledStates })) {
		if (kind === "member" || goneAt !== undefined) continue;
		yield () => checkUnit(source, path, workbench);
	}
}

async function checkUnit(
	source: SourceSettings,
	path: PathString,
	workbench: Workbench,
): Promise<Difference | undefined> {
	const unit = workbench.ledger.find(source.name, path);
	if (unit === undefined || !hasSettled(unit.state)) return undefined;
	const acquisitions = await acquisitionsOf(unit, workbench);
	const subject = join(source.watch, path);
	if (acquisitions.length === 0) {
		if (await isBehind(workbench)) return undefined;
		return difference(
			"acquisition-missing",
			subject,
			`${unit.state} in the ledger, and no such content in the catalog`,
		);
	}
	if (unit.state !== "analysed" || (await hasResult(acquisitions, workbench))) return undefined;
	return difference("result-missing", subject, "analysed in the ledger, and no job of it has a result");
}

/** Acquisitions with the content that the ledger has now: its own, and groups and batches that it is part of. */
async function acquisitionsOf(unit: LedgerEntry, { catalog, ledger }: Workbench): Promise<readonly AcquisitionRow[]> {
	const [first, ...more] =
		unit.kind === "file" ? [unit] : ledger.members(unit.id).filter(({ goneAt }) => goneAt === undefined);
	if (first === undefined) return [];
	const candidates = await catalog.acquisitionsOf(unit.source, first.path);
	return candidates.filter(({ members }) => {
		const digests = new Map(members.map(({ path, sha256 }) => [path, sha256]));
		return [first, ...more].every(({ path, sha256 }) => digests.get(path) === sha256);
	});
}

/** Whether the log holds what the catalog has not taken in: what is missing there is on its way. */
async function isBehind({ log, catalog }: Workbench): Promise<boolean> {
	for (const partition of log.partitions) {
		const [end, taken] = await Promise.all([partition.end(), catalog.offset(partition.name)]);
		if (end !== undefined && (taken ?? Number.NEGATIVE_INFINITY) < end) return true;
	}
	return false;
}

async function hasResult(acquisitions: readonly AcquisitionRow[], { catalog }: Workbench): Promise<boolean> {
	for (const { id } of acquisitions) {
		for (const { result } of await catalog.jobsOf(id)) {
			if (result !== undefined && (await catalog.result(result)) !== undefined) return true;
		}
	}
	return false;
}
