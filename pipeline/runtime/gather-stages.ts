import { map, pipe } from "rxjs";
import type { Clock } from "#core/clock.ts";
import { carry, type Envelope } from "#core/envelope.ts";
import { permanent } from "#core/errors.ts";
import { inOrder } from "#core/in-order.ts";
import type { IntakeCatalog } from "#core/ports/catalog.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { Stage } from "#core/stage.ts";
import { batchKey, groupName, isOpenEnded, lackOf, type Place, placeOf } from "#domain/grouping.ts";
import type { Report } from "#domain/report.ts";
import type { BatchSettings, GroupSettings } from "#domain/settings.ts";
import { type Group, group } from "#stages/group.ts";
import type { Arriving } from "./arriving.ts";
import { combine, combinedId } from "./combine.ts";

interface GatherContext {
	readonly catalog: Pick<IntakeCatalog, "room" | "reject">;
	readonly clock: Clock;
	readonly tracer: Tracer;
	readonly report: Report;
}

/**
 * `group` of a source or a pipeline: acquisitions that belong together become one. `pipeline` names the one that it is
 * for. A group that is rejected stays known, so that a member that comes too late still makes it whole.
 */
export function grouping(
	room: string,
	settings: GroupSettings,
	{ catalog, clock, tracer, report }: GatherContext,
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
			await reject(envelope, `the group ${key} is incomplete: ${missing} never came`);
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
		const { key, members } = value;
		const [{ acquisition, event }] = members as [Arriving, ...Arriving[]];
		const of = pipeline === undefined ? {} : { pipeline };
		const isNews = await catalog.reject({
			...of,
			events: members.map(({ event }) => event.id),
			reason,
			now: clock.now(),
		});
		receipt.resolve();
		if (!isNews) return;
		const error = permanent("GROUP_INCOMPLETE", reason, {
			fix: "Find out why the instrument did not write it: a member that comes later still makes the group whole.",
		});
		const { source } = acquisition;
		report({
			event: "group.refused",
			...of,
			source,
			key,
			members: members.length,
			traceparent: event.traceparent,
			error,
		});
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
