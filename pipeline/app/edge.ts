import { Inbox } from "#connectors/file/inbox.ts";
import { Inspector } from "#connectors/file/inspector.ts";
import { createJudge } from "#connectors/file/judge.ts";
import { refuseLinks } from "#connectors/file/no-links.ts";
import { FileSource } from "#connectors/file/source.ts";
import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { IntakeCatalog } from "#core/ports/catalog.ts";
import type { Ledger, Unit } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Source } from "#core/ports/source.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import type { Trace } from "#core/trace.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { announcedRoom, gatheringSources } from "#domain/grouping.ts";
import type { PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import type { KafkaSettings, Settings } from "#domain/settings.ts";
import { archiving } from "#runtime/archive.ts";
import { type Announced, Ingest } from "#runtime/ingest.ts";
import type { WatchContext } from "#runtime/watch-role.ts";
import { type Bury, kafkaSource } from "./services.ts";

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
	readonly onBroken: (error: WatchRabbitError) => void;
}

export interface Edge extends Pick<WatchContext, "sources" | "judge" | "gathering"> {
	/** Units between the ledger and the log, of those who look after them. */
	readonly underWay: Set<number>;
	/** Of the sources that messages tell of files; to be started when those watch. */
	readonly ingests: readonly Ingest[];
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
	return {
		sources,
		judge: archiving(judge, { objects, roots, stored, clock, report }),
		gathering: gatheringSources(settings),
		underWay: new Set(),
		ingests: sources.flatMap((source) => ingestOf(source, settings.services.kafka, context)),
		close: () => inspector.close(),
	};
}

/** Messages of Kafka, where the source names a topic. */
function ingestOf(source: FileSource, kafka: KafkaSettings | undefined, context: EdgeContext): Ingest[] {
	const { name, watch: root, kafka: topic } = source.settings;
	if (kafka === undefined || topic === undefined) return [];
	const { ledger, catalog, queue, watches, ...common } = context;
	const buried: Bury = (body, reason, headers) => queue.bury(`kafka:${topic.topic}`, body, reason, headers);
	const open = () => kafkaSource(kafka, topic, buried);
	const messages: Source = {
		run: async (...run) => (await open()).run(...run),
		bury: async (...letter) => (await open()).bury(...letter),
		idle: async () => (await open()).idle(),
	};
	const look = async (path: PathString) => {
		refuseLinks(root, path);
		await source.look(path);
		return ledger.find(name, path) !== undefined;
	};
	const cameFrom = (path: PathString, origin: Trace) => ledger.cameFrom(name, path, origin);
	const isOurs = () => watches(name);
	const waits = catalog.room<Announced>(announcedRoom(name));
	return [
		new Ingest({ ...common, name, root, source: messages, inbox: new Inbox(root), look, cameFrom, waits, isOurs }),
	];
}
