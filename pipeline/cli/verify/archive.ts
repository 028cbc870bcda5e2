import type { LedgerEntry } from "#core/ports/ledger.ts";
import { hasSettled, settledStates } from "#domain/file-state.ts";
import { inputKey } from "#domain/object-keys.ts";
import type { PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import type { Workbench } from "../application.ts";
import { type Check, type Difference, difference } from "./difference.ts";
import { checkObject } from "./results.ts";
import { join } from "./walk.ts";

/** What was verified when it settled is still in the archive as it was. What settled before its source had one is not asked for. */
export async function* checkArchive(source: SourceSettings, workbench: Workbench): AsyncGenerator<Check> {
	if (!source.archive) return;
	for (const { kind, path, goneAt } of workbench.ledger.entries(source.name, { states: settledStates })) {
		if (kind !== "member" && goneAt === undefined) yield () => checkUnit(source, path, workbench);
	}
}

async function checkUnit(
	{ name, watch }: SourceSettings,
	path: PathString,
	{ ledger, objects }: Workbench,
): Promise<Difference | undefined> {
	const life = ledger.life(name, path);
	if (life === undefined || !hasSettled(life.entry.state)) return undefined;
	const settled = life.events.findLast(({ what }) => what === "settled" || what === "verified");
	if (settled?.what !== "verified") return undefined;
	for (const { stat, sha256 = "" } of filesOf(life.entry, ledger)) {
		const lost = await checkObject(objects, inputKey(sha256), stat.size, sha256);
		if (lost !== undefined) return difference("input-lost", join(watch, path), `${lost.subject}: ${lost.detail}`);
	}
	return undefined;
}

function filesOf(unit: LedgerEntry, ledger: Workbench["ledger"]): readonly LedgerEntry[] {
	return unit.kind === "file" ? [unit] : ledger.members(unit.id).filter(({ goneAt }) => goneAt === undefined);
}
