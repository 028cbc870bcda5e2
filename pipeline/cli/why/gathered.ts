import type { WaitingRow } from "#core/ports/catalog-rows.ts";
import { counted } from "#domain/counted.ts";
import { batchKey, groupName, lackOf, type Place, placeOf, roomOf } from "#domain/grouping.ts";
import type { PathString } from "#domain/path.ts";
import type {
	BatchSettings,
	GroupSettings,
	PipelineSettings,
	SourceSettings,
	StageSettings,
} from "#domain/settings.ts";
import type { Workbench } from "../application.ts";
import { localTime } from "../words.ts";

/**
 * Where an acquisition stands between its source and the analyses: in which group or batch, what that lacks, and which
 * stage did not let it through. `jobs` names the pipelines that have a job for it.
 */
export async function gatheredWith(
	workbench: Workbench,
	source: SourceSettings,
	path: PathString,
	jobs: ReadonlySet<string>,
): Promise<string[]> {
	const told: string[] = [];
	let key = path;
	if (source.acquisition === "group" && source.group !== undefined) {
		const group = await standingIn(workbench, roomOf(source.name), source.group, path, key);
		if (group.told !== undefined) return [group.told];
		key = group.place?.key ?? key;
	}
	for (const pipeline of workbench.settings.pipelines.filter(({ from }) => from === source.name)) {
		const standing = await throughStages(workbench, pipeline, path, key);
		const stopped = jobs.has(pipeline.name) ? undefined : stagesOfItsOwn(pipeline);
		if (standing !== undefined || stopped !== undefined) told.push(`${pipeline.name}: ${standing ?? stopped}`);
	}
	return told;
}

/** The first stage at which it stands still. */
async function throughStages(workbench: Workbench, { name, stages }: PipelineSettings, path: PathString, from: string) {
	let key = from;
	for (const [i, stage] of stages.entries()) {
		const standing = await atStage(workbench, roomOf(name, i), stage, path, key);
		if (standing.told !== undefined || standing.place === "unknown") return standing.told;
		if (standing.place !== undefined) key = groupName(name, standing.place.key);
	}
	return undefined;
}

/** What the lab's own stages do is theirs: only that nothing came of it can be told. */
function stagesOfItsOwn({ stages }: PipelineSettings): string | undefined {
	const names = stages.flatMap((stage) => (stage.stage === "custom" ? stage.name : []));
	if (names.length === 0) return undefined;
	return `its ${names.length === 1 ? "stage" : "stages"} ${names.join(", ")} let nothing of it through`;
}

interface Standing {
	readonly told: string | undefined;
	/** Under which name it goes on, if under another. */
	readonly place?: Place | "unknown" | undefined;
}

async function atStage(
	workbench: Workbench,
	room: string,
	stage: StageSettings,
	path: PathString,
	key: string,
): Promise<Standing> {
	switch (stage.stage) {
		case "group":
			return await standingIn(workbench, room, stage.group, path, key);
		case "batch":
			return { told: await batchOf(workbench, room, stage.batch, path), place: "unknown" };
		case "route": {
			const { match } = stage.route;
			return { told: new RegExp(match).test(key) ? undefined : `the route ${match} does not take it` };
		}
		case "custom":
			return { told: undefined };
	}
}

async function standingIn(
	{ catalog }: Workbench,
	room: string,
	group: GroupSettings,
	path: PathString,
	key: string,
): Promise<{ readonly told: string | undefined; readonly place?: Place | undefined }> {
	const place = placeOf(new RegExp(group.by), key);
	if (place === undefined) return { told: `it belongs to no group: ${group.by} does not match its name` };
	const rows = await catalog.waiting(room, place.key);
	const mine = rows.find((row) => holds(row, path));
	if (mine === undefined) return { told: undefined, place };
	const lack = lackOf(group, new Set(rows.map(({ id }) => id)));
	if (!mine.passed) {
		const missing = lack === undefined ? "" : ` for ${lack}`;
		return { told: `waits in the group ${place.key}${missing}, until ${localTime(dueAt(rows))}`, place };
	}
	return { told: lack === undefined ? undefined : `the group ${place.key} ended without ${lack}`, place };
}

async function batchOf({ catalog }: Workbench, room: string, { count }: BatchSettings, path: PathString) {
	const rows = await catalog.waiting(room, batchKey);
	if (!rows.some((row) => holds(row, path))) return undefined;
	const full = count === undefined ? "" : ` of ${count}`;
	return `waits in a batch with ${counted(rows.length, "acquisition")}${full}, until ${localTime(dueAt(rows))}`;
}

function holds({ acquisition }: WaitingRow, path: PathString): boolean {
	return acquisition.key === path || acquisition.members.some((member) => member.path === path);
}

function dueAt(rows: readonly WaitingRow[]): number {
	const open = rows.filter(({ passed }) => !passed);
	return open.reduce((soonest, { dueAt }) => Math.min(soonest, dueAt), Number.POSITIVE_INFINITY);
}
