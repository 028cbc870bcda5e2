import { concatMap, map, of, pipe } from "rxjs";
import { carry } from "#core/envelope.ts";
import { permanent } from "#core/errors.ts";
import { rejected } from "#core/outcome.ts";
import type { IntakeCatalog } from "#core/ports/catalog.ts";
import type { Stage } from "#core/stage.ts";
import type { BatchSettings, GroupSettings } from "#domain/settings.ts";
import { type Group, group } from "#stages/group.ts";
import type { Arriving } from "./arriving.ts";
import { gather, gatheredId, type Place, placeOf } from "./gathering.ts";

type Rooms = Pick<IntakeCatalog, "room">;

/** `group` of a source or a pipeline: acquisitions that belong together become one. `owner` names the pipeline. */
export function grouping(room: string, settings: GroupSettings, catalog: Rooms, owner?: string): Stage<Arriving> {
	const by = new RegExp(settings.by);
	const keyOf = (key: string) => (owner === undefined ? key : `${owner}: ${key}`);
	const placed = (arriving: Arriving): Place | undefined => placeOf(by, arriving.acquisition.key);
	const gathered = group<Arriving>({
		room: catalog.room(room),
		place: (arriving) => {
			const place = placed(arriving);
			return place === undefined ? undefined : { key: place.key, id: place.member };
		},
		complete: (members) => missingOf(settings, members, placed) === undefined,
		timeMs: settings.timeMs,
	});
	const combined: Stage<Group<Arriving>, Arriving> = concatMap((envelope) => {
		const { key, members } = envelope.value;
		const missing = missingOf(settings, members, placed);
		if (missing !== undefined && settings.incomplete === "reject") {
			envelope.receipt.resolve(rejected(permanent("GROUP_INCOMPLETE", `the group ${key} is incomplete: ${missing}`)));
			return [];
		}
		const captures = placed(members[0] as Arriving)?.captures ?? {};
		const about = { key: keyOf(key), kind: "group" as const, captures, settledAt: Date.now() };
		return of(carry(envelope, gather(members, missing === undefined ? about : { ...about, incomplete: missing })));
	});
	return pipe(gathered, combined);
}

/** `batch` of a pipeline: so many acquisitions, or bytes, or what came within a time, become one. */
export function batching(room: string, settings: BatchSettings, catalog: Rooms, owner: string): Stage<Arriving> {
	const { count = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY, timeMs } = settings;
	const gathered = group<Arriving>({
		room: catalog.room(room),
		place: ({ event }) => ({ key: "batch", id: event.id }),
		complete: (members) => members.length >= count || bytesOf(members) >= bytes,
		timeMs,
		once: true,
	});
	const combined: Stage<Group<Arriving>, Arriving> = map((envelope) => {
		const { members } = envelope.value;
		const about = { kind: "batch" as const, captures: {}, settledAt: Date.now() };
		return carry(envelope, gather(members, { ...about, key: `${owner}: batch ${gatheredId(members).slice(0, 8)}` }));
	});
	return pipe(gathered, combined);
}

function bytesOf(arriving: readonly Arriving[]): number {
	return arriving.flatMap(({ acquisition }) => acquisition.members).reduce((sum, { size }) => sum + size, 0);
}

/** What a group still lacks, in plain words; undefined when it is complete. */
function missingOf(
	{ count, members: wanted }: GroupSettings,
	members: readonly Arriving[],
	placed: (arriving: Arriving) => Place | undefined,
): string | undefined {
	const found = new Set(members.map((member) => placed(member)?.member));
	const absent = (wanted ?? []).filter((name) => !found.has(name));
	if (absent.length > 0) return `${absent.join(", ")} never came`;
	if (count !== undefined && members.length < count) return `${members.length} of ${count} members came`;
	return undefined;
}
