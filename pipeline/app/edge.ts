import { Inspector } from "#connectors/file/inspector.ts";
import { createJudge } from "#connectors/file/judge.ts";
import { FileSource } from "#connectors/file/source.ts";
import type { Clock } from "#core/clock.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { gatheringSources } from "#domain/grouping.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { archiving } from "#runtime/archive.ts";
import type { WatchContext } from "#runtime/watch-role.ts";

export interface EdgeContext {
	readonly ledger: Ledger;
	readonly objects: ObjectStore;
	readonly clock: Clock;
	readonly report: Report;
	readonly observed: WakeUp;
}

export interface Edge extends Pick<WatchContext, "sources" | "judge" | "gathering"> {
	close(): Promise<void>;
}

/** The file connector of every source, and the judge of what is complete. */
export function createEdge(settings: Settings, { ledger, objects, clock, report, observed }: EdgeContext): Edge {
	const inspector = new Inspector();
	const onObserved = () => observed.ring();
	const sources = settings.sources.map(
		(source) => new FileSource({ settings: source, ledger, clock, report, onObserved }),
	);
	const judge = createJudge({
		ledger,
		inspector,
		sources: new Map(sources.map((source) => [source.settings.name, source])),
		clock,
	});
	const archived = settings.sources.filter(({ archive }) => archive);
	const roots = new Map(archived.map(({ name, watch }) => [name, watch]));
	return {
		sources,
		judge: archiving(judge, { objects, roots, report }),
		gathering: gatheringSources(settings),
		close: () => inspector.close(),
	};
}
