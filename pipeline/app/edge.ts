import { Inbox } from "#connectors/file/inbox.ts";
import { Inspector } from "#connectors/file/inspector.ts";
import { createJudge } from "#connectors/file/judge.ts";
import { refuseLinks } from "#connectors/file/no-links.ts";
import { FileSource } from "#connectors/file/source.ts";
import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { IntakeCatalog } from "#core/ports/catalog.ts";
import type { Inlet } from "#core/ports/inlet.ts";
import type { Ledger, Unit } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Source } from "#core/ports/source.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import type { Trace } from "#core/trace.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { announcedRoom, calledRoom, gatheringSources } from "#domain/grouping.ts";
import type { PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import type { KafkaSettings, Settings } from "#domain/settings.ts";
import { Announcements } from "#runtime/announcements.ts";
import { archiving } from "#runtime/archive.ts";
import { type Announced, Ingest } from "#runtime/ingest.ts";
import type { WatchContext } from "#runtime/watch-role.ts";
import { type Bury, kafkaSource } from "./services.ts";
import { SourceInlet } from "./source-inlet.ts";

export interface EdgeContext {
	readonly ledger: Ledger;
	readonly objects: ObjectStore;
	/** Where announcements wait for their files. */
	readonly catalog: Pick<IntakeCatalog, "room">;
	readonly clock: Clock;
	readonly report: Report;
	readonly observed: WakeUp;
	/** Keeps what nobody can read where dead letters are listed. */
	readonly queue: Pick<WorkQueue, "bury">;
	/** Whether this process watches the source. */
	readonly watches: (source: string) => boolean;
	/** Whether files come over HTTP as well. */
	readonly serves?: boolean;
	readonly onBroken: (error: WatchRabbitError) => void;
}

export interface Edge extends Pick<WatchContext, "sources" | "judge" | "gathering" | "toldOf"> {
	/** Units between the ledger and the log, of those who look after them. */
	readonly underWay: Set<number>;
	/** Of the sources that messages tell of files; to be started when those watch. */
	readonly ingests: readonly Ingest[];
	/** Of the sources into which files are sent over HTTP. */
	readonly inlets: ReadonlyMap<string, Inlet>;
	close(): Promise<void>;
}

/** The file connector of every source, and the judge of what is complete. */
export function createEdge(settings: Settings, context: EdgeContext): Edge {
	const { ledger, objects, clock, report, observed } = context;
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
	const stored = ({ id: unit, generation }: Unit) =>
		ledger.conclude([{ unit, generation, state: "stored", at: clock.now() }]);
	const served = (context.serves === true ? sources : []).map(
		(source) => [source.settings.name, inletOf(source, context, settings.http.upload.mostBytes)] as const,
	);
	return {
		sources,
		judge: archiving(judge, { objects, roots, stored, clock, report }),
		gathering: gatheringSources(settings),
		underWay: new Set(),
		ingests: [
			...sources.flatMap((source) => ingestOf(source, settings.services.kafka, context)),
			...served.map(([, { ingest }]) => ingest),
		],
		toldOf: new Set(
			sources.flatMap(({ settings: { name, kafka } }) =>
				kafka !== undefined || context.serves === true ? [name] : [],
			),
		),
		inlets: new Map(served.map(([name, { inlet }]) => [name, inlet])),
		close: () => inspector.close(),
	};
}

/** Messages of Kafka, where the source names a topic. */
function ingestOf(source: FileSource, kafka: KafkaSettings | undefined, context: EdgeContext): Ingest[] {
	const { name, kafka: topic } = source.settings;
	if (kafka === undefined || topic === undefined) return [];
	const { catalog, queue } = context;
	const buried: Bury = (body, reason, headers) => queue.bury(`kafka:${topic.topic}`, body, reason, headers);
	const open = () => kafkaSource(kafka, topic, buried);
	const messages: Source = {
		run: async (...run) => (await open()).run(...run),
		bury: async (...letter) => (await open()).bury(...letter),
		idle: async () => (await open()).idle(),
	};
	const waits = catalog.room<Announced>(announcedRoom(name));
	return [new Ingest({ ...ingestContext(source, context), source: messages, waits })];
}

/** Announcements over HTTP go the way of those of Kafka. */
function inletOf(source: FileSource, context: EdgeContext, mostBytes: number) {
	const { name } = source.settings;
	const { catalog, queue, clock } = context;
	const announcements = new Announcements(clock, (letter, reason) => queue.bury(`http:${name}`, letter, reason));
	const waits = catalog.room<Announced>(calledRoom(name));
	const ingest = ingestContext(source, context);
	return {
		inlet: new SourceInlet({ ...ingest, settings: source.settings, announcements, mostBytes }),
		ingest: new Ingest({ ...ingest, source: announcements, waits }),
	};
}

function ingestContext(source: FileSource, { ledger, watches, clock, report, onBroken }: EdgeContext) {
	const { name, watch: root } = source.settings;
	return {
		name,
		root,
		inbox: new Inbox(root),
		look: async (path: PathString) => {
			refuseLinks(root, path);
			await source.look(path);
			return ledger.find(name, path) !== undefined;
		},
		cameFrom: (path: PathString, origin: Trace) => ledger.cameFrom(name, path, origin),
		isOurs: () => watches(name),
		clock,
		report,
		onBroken,
	};
}
