import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Role } from "#cli/application.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import { placesIn, workplaceIn } from "#domain/places.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { persist } from "#runtime/persist.ts";
import type { State } from "./state.ts";
import type { Workplace } from "./workplace.ts";

export interface TakeOverContext {
	readonly settings: Settings;
	readonly state: State;
	readonly roles: readonly Role[];
	readonly workplace: Workplace;
	readonly report: Report;
}

/** What a killed process left: nobody else works in this place while we hold its lock. */
export async function takeOver(
	{ settings, state, roles, workplace, report }: TakeOverContext,
	signal: AbortSignal,
): Promise<void> {
	const { runs, pools, analyses, inputs } = workplaceIn(workplace.directory);
	for (const directory of [runs, pools, analyses, inputs]) await emptied(directory);
	if (settings.services.objects === undefined) {
		await emptied(join(placesIn(settings.data).objects, temporaryDirectory));
	}
	if (workplace.alone) await state.catalog.endLeases(state.clock.now());
	if (!roles.includes("flow")) return;
	const { catalog, clock } = state;
	const patient = { clock, report, signal };
	await persist("catalog", () => catalog.useSettings(settings.pipelines), patient);
	await persist("catalog", () => catalog.requeueAll(clock.now()), patient);
}

/** What a killed process left in it belongs to nobody. */
async function emptied(directory: string): Promise<void> {
	await rm(directory, { recursive: true, force: true });
	await mkdir(directory, { recursive: true });
}
