import { connect, filter, groupBy, map, merge, mergeMap, pipe } from "rxjs";
import { carry } from "#core/envelope.ts";
import { permanent } from "#core/errors.ts";
import type { Stage } from "#core/stage.ts";
import { gatheringSources, roomOf } from "#domain/grouping.ts";
import type { PipelineSettings, Settings, SourceSettings, StageSettings } from "#domain/settings.ts";
import { type Routed, route } from "#stages/route.ts";
import type { Arriving, Due } from "./arriving.ts";
import type { FlowContext } from "./flow-role.ts";
import { batching, grouping } from "./gather-stages.ts";
import { traced } from "./traced-stage.ts";

export type GraphContext = Pick<
	FlowContext,
	"settings" | "customStages" | "catalog" | "clock" | "isHome" | "tracer" | "report"
>;

/**
 * The configured graph between the log and the jobs:
 *
 *     source --+-- its pipelines without stages, together        --+-- Due
 *              +-- each pipeline with stages: group, batch, ...  --+
 *
 * Before it, the members of a source that is acquired in groups are gathered.
 */
export function flowGraph(context: GraphContext): Stage<Arriving, Due> {
	const { sources } = context.settings;
	const names = new Set(sources.map(({ name }) => name));
	const gathering = gatheringSources(context.settings);
	const from =
		(name: string) =>
		({ acquisition }: Arriving) =>
			acquisition.source === name;
	return distribute([
		...sources.map((source) => {
			const graph = sourceGraph(source, context);
			const isOurs = !gathering.has(source.name) || context.isHome(source.name);
			return { takes: from(source.name), branch: isOurs ? graph : onceOneComes(graph) };
		}),
		{ takes: ({ acquisition }) => !names.has(acquisition.source), branch: unknownSource },
	]);
}

/** Of a source whose rooms another looks after; events of it are here from when the log had another number of partitions. */
function onceOneComes(graph: Stage<Arriving, Due>): Stage<Arriving, Due> {
	return pipe(
		groupBy(() => undefined),
		mergeMap((arriving$) => arriving$.pipe(graph)),
	);
}

interface Branch<A> {
	readonly takes: (value: A) => boolean;
	readonly branch: Stage<A, Due>;
}

/**
 * Every message goes into the one branch that takes it. All of them are there from the beginning: what waits in a room of
 * one goes on when its time is over, though nothing comes any more.
 */
function distribute<A>(branches: readonly Branch<A>[]): Stage<A, Due> {
	return connect((all$) =>
		merge(
			...branches.map(({ takes, branch }) =>
				all$.pipe(
					filter(({ value }) => takes(value)),
					branch,
				),
			),
		),
	);
}

function sourceGraph(source: SourceSettings, context: GraphContext): Stage<Arriving, Due> {
	const pipelines = pipelinesGraph(source, context);
	if (source.acquisition !== "group" || source.group === undefined) return pipelines;
	const members = noted("waits for the other members of its group");
	const group = traced("group", grouping(roomOf(source.name), source.group, context), context.tracer);
	return fork([members, pipe(group, pipelines)]);
}

function pipelinesGraph(source: SourceSettings, context: GraphContext): Stage<Arriving, Due> {
	const pipelines = pipelinesOf(source, context.settings);
	const direct = pipelines.filter(({ stages }) => stages.length === 0);
	const staged = pipelines.filter(({ stages }) => stages.length > 0);
	const note = pipelines.length === 0 ? `no pipeline takes from the source "${source.name}"` : undefined;
	const together: Stage<Arriving, Due> = map((envelope) =>
		carry(envelope, {
			arriving: envelope.value,
			pipelines: direct,
			waits: staged.length > 0,
			awaits: staged.map(({ name }) => name),
			...(note === undefined ? {} : { note }),
		}),
	);
	if (staged.length === 0) return together;
	return fork([together, ...staged.map((pipeline) => pipelineGraph(pipeline, context))]);
}

function pipelineGraph(pipeline: PipelineSettings, context: GraphContext): Stage<Arriving, Due> {
	const stages = pipeline.stages.map((settings, i) => {
		const name = settings.stage === "custom" ? settings.name : settings.stage;
		return traced(name, stageOf(settings, roomOf(pipeline.name, i), pipeline, context), context.tracer);
	});
	const due: Stage<Arriving, Due> = map((envelope) =>
		carry(envelope, { arriving: envelope.value, pipelines: [pipeline], waits: false }),
	);
	return (arriving$) => stages.reduce((through$, stage) => through$.pipe(stage), arriving$).pipe(due);
}

function stageOf(
	settings: StageSettings,
	room: string,
	pipeline: PipelineSettings,
	context: GraphContext,
): Stage<Arriving> {
	switch (settings.stage) {
		case "group":
			return grouping(room, settings.group, context, pipeline.name);
		case "batch":
			return batching(room, settings.batch, context, pipeline.name);
		case "route":
			return matching(new RegExp(settings.route.match));
		case "custom": {
			const stage = context.customStages[settings.name];
			if (stage !== undefined) return stage;
			throw permanent(
				"STAGE_UNKNOWN",
				`pipeline "${pipeline.name}" names a stage "${settings.name}" that nobody defines`,
				{
					fix: "Export it in `stages` of a .ts configuration.",
				},
			);
		}
	}
}

/** Only what matches goes on; the rest is done for this pipeline. */
function matching(expression: RegExp): Stage<Arriving> {
	return pipe(
		route({ routes: ({ acquisition }: Arriving) => (expression.test(acquisition.key) ? [expression] : []) }),
		map((envelope) => carry(envelope, envelope.value.value)),
	);
}

/** Every envelope goes through each branch: its receipt is forked, and resolves with the worst of them. */
function fork(branches: readonly Stage<Arriving, Due>[]): Stage<Arriving, Due> {
	type Share = Routed<Stage<Arriving, Due>, Arriving>;
	const shared: Stage<Share, Arriving> = map((envelope) => carry(envelope, share(envelope.value.value)));
	return pipe(
		route({ routes: () => branches }),
		distribute<Share>(
			branches.map((branch) => ({ takes: (taken) => taken.route === branch, branch: pipe(shared, branch) })),
		),
	);
}

/** One of several shares of a record stands for none of it alone: the offset follows when all are resolved. */
function share(arriving: Arriving): Arriving {
	return { ...arriving, offset: undefined };
}

function noted(note: string): Stage<Arriving, Due> {
	return map((envelope) => carry(envelope, { arriving: envelope.value, pipelines: [], note, waits: true }));
}

const unknownSource: Stage<Arriving, Due> = map((envelope) => {
	const note = `the source "${envelope.value.acquisition.source}" is no longer in the configuration`;
	return carry(envelope, { arriving: envelope.value, pipelines: [], note, waits: false });
});

function pipelinesOf(source: SourceSettings, settings: Settings): readonly PipelineSettings[] {
	return settings.pipelines.filter(({ from }) => from === source.name);
}
