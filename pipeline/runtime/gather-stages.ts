import { map, pipe } from "rxjs";
import type { Clock } from "#core/clock.ts";
import { carry, type Envelope } from "#core/envelope.ts";
import { inOrder } from "#core/in-order.ts";
import type { IntakeCatalog } from "#core/ports/catalog.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { Stage } from "#core/stage.ts";
import { batchKey, groupName, isOpenEnded, lackOf, type Place, placeOf } from "#domain/grouping.ts";
import type { BatchSettings, GroupSettings } from "#domain/settings.ts";
import { type Group, group } from "#stages/group.ts";
import type { Arriving } from "./arriving.ts";
import { combine, combinedId } from "./combine.ts";

interface GatherContext {
	readonly catalog: Pick<IntakeCatalog, "room" | "reject">;
	readonly clock: Clock;
	readonly tracer: Tracer;
}

/**
 * `group` of a source or a pipeline: acquisitions that belong together become one. `pipeline` names the one that it is
 * for. A group that is rejected stays known, so that a member that comes too late still makes it whole.
 */
export function grouping(
	room: string,
	settings: GroupSettings,
	{ catalog, clock, tracer }: GatherContext,
	pipeline?: string,
): Stage<Arriving> {
	const by = new RegExp(settings.by);
	const placed = (arriving: Arriving): Place | undefined => placeOf(by, arriving.acquisition.key);
	const lack = (members: readonly Arriving[]) =>
		lackOf(settings, new Set(members.map((member) => placed(member)?.member ?? "")));
	const gathered = group<Arriving>({
		room: catalog.room(room),
		place: (arriving) => {
			const place = placed(arriving);
			return place === undefined ? undefined : { key: place.key, id: place.member };
		},
		complete: (members) => !isOpenEnded(settings) && lack(members) === undefined,
		timeMs: settings.timeMs,
	});
	const combined = async (envelope: Envelope<Group<Arriving>>): Promise<Envelope<Arriving>[]> => {
		const { key, members } = envelope.value;
		const missing = lack(members);
		const incomplete = missing === undefined ? {} : { incomplete: `${missing} never came` };
		if (missing !== undefined && settings.incomplete === "reject") {
			await reject(envelope, `the group ${key} is incomplete: ${incomplete.incomplete}`);
			return [];
		}
		const about = {
			key: pipeline === undefined ? key : groupName(pipeline, key),
			kind: "group" as const,
			captures: placed(members[0] as Arriving)?.captures ?? {},
			settledAt: clock.now(),
			...incomplete,
		};
		return [carry(envelope, combine(members, about, tracer))];
	};
	return pipe(gathered, inOrder(combined));

	async function reject({ value, receipt }: Envelope<Group<Arriving>>, reason: string): Promise<void> {
		const events = value.members.map(({ event }) => event.id);
		await catalog.reject({ events, reason, now: clock.now(), ...(pipeline === undefined ? {} : { pipeline }) });
		receipt.resolve();
	}
}

/** `batch` of a pipeline: so many acquisitions, or bytes, or what came within a time, become one. */
export function batching(
	room: string,
	settings: BatchSettings,
	{ catalog, clock, tracer }: GatherContext,
	pipeline: string,
): Stage<Arriving> {
	const { count = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY, timeMs } = settings;
	const gathered = group<Arriving>({
		room: catalog.room(room),
		place: ({ event }) => ({ key: batchKey, id: event.id }),
		complete: (members) => members.length >= count || bytesOf(members) >= bytes,
		timeMs,
		once: true,
	});
	const combined: Stage<Group<Arriving>, Arriving> = map((envelope) => {
		const { members } = envelope.value;
		const about = { kind: "batch" as const, captures: {}, settledAt: clock.now() };
		const key = groupName(pipeline, `batch ${combinedId(members).slice(0, 8)}`);
		const departs = { room, key: batchKey, ids: members.map(({ event }) => event.id) };
		return carry(envelope, { ...combine(members, { ...about, key }, tracer), departs });
	});
	return pipe(gathered, combined);
}

function bytesOf(arriving: readonly Arriving[]): number {
	return arriving.flatMap(({ acquisition }) => acquisition.members).reduce((sum, { size }) => sum + size, 0);
}
