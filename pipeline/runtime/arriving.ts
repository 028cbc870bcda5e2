import { permanent } from "#core/errors.ts";
import type { Departure } from "#core/ports/catalog.ts";
import type { LogOffset, LogRecord } from "#core/ports/event-log.ts";
import type { Acquisition, FileSettled } from "#domain/acquisition.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import { parseFileSettled } from "./settled-event.ts";

/** An acquisition on its way through the flow graph: what custom stages see and pass on. */
export interface Arriving {
	readonly acquisition: Acquisition;
	readonly event: Pick<FileSettled, "id" | "root" | "traceparent" | "standing">;
	/** The log record that this alone stands for; undefined where it is one share of several, or comes from a room. */
	readonly offset: LogOffset | undefined;
	/** Of what was gathered for good: the members that went into it. */
	readonly departs?: Departure;
}

/** @throws WatchRabbitError MESSAGE_MALFORMED (permanent) */
export function arrivingIn({ body, offset, unreadable }: LogRecord): Arriving {
	if (unreadable !== undefined) throw permanent("MESSAGE_MALFORMED", unreadable.why);
	const { acquisition, type: _, version: __, ...event } = parseFileSettled(body);
	return { acquisition, event, offset };
}

/** An acquisition at the end of the graph: to be committed with a job for each of these pipelines. */
export interface Due {
	readonly arriving: Arriving;
	readonly pipelines: readonly PipelineSettings[];
	/** Why no pipeline takes it, or what it waits for: plain words. */
	readonly note?: string;
	/** It goes on elsewhere as well: in a group, or through the stages of a pipeline. */
	readonly waits: boolean;
	/** Pipelines through whose stages it goes on. */
	readonly awaits?: readonly string[];
}
