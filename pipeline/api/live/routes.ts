import { z } from "zod";
import { permanent } from "#core/errors.ts";
import { isSame } from "#domain/access.ts";
import { acquisitionEventForm, jobEventForm, resultEventForm } from "#domain/lab-event-forms.ts";
import { eventKinds, seesEvent } from "#domain/lab-events.ts";
import { anyOf, text } from "../query.ts";
import { type Route, route } from "../route.ts";
import { EventStream } from "./event-stream.ts";
import type { FeedPage } from "./feed.ts";
import type { LiveEvent } from "./live-event.ts";
import { refuseForeignOrigin, SocketWire, wantsWebSocket } from "./web-socket.ts";

export const eventsPath = "/api/v1/events";

const place = /^\d{1,16}$/;

const filters = {
	kind: anyOf(eventKinds).optional().describe("Only these kinds of events."),
	source: text.optional().describe("Only what is of this source."),
	pipeline: text.optional().describe("Only what is of this pipeline."),
	job: text.optional().describe("Only what is of this job, its results included."),
	acquisition: text.optional().describe("Only what is of this acquisition: itself, and what was made for it."),
};

type Filters = { readonly [Name in keyof typeof filters]: z.output<(typeof filters)[Name]> };

const item = z
	.object({
		id: z.string().regex(place).describe("Its place among all."),
		event: z.enum(eventKinds),
		data: z.union([
			jobEventForm.meta({ id: "JobEvent" }),
			resultEventForm.meta({ id: "ResultEvent" }),
			acquisitionEventForm.meta({ id: "AcquisitionEvent" }),
		]),
	})
	.meta({ id: "Event", description: "Something that happened; RabbitMQ and Kafka are told the same." });

const page = z
	.object({
		items: z.array(item).describe("In the order in which they happened; may be none though there are more."),
		next: z.string().regex(place).describe("`after` of the next page, or of the next time."),
		more: z.boolean().describe("There are more already."),
		gap: z
			.string()
			.nullable()
			.describe("Why some of what came after the given id cannot be told; null: nothing is missing."),
	})
	.meta({ id: "EventPage" });

/** What happens, as it happens. */
export const live: readonly Route[] = [
	route({
		id: "followEvents",
		method: "GET",
		path: eventsPath,
		tag: "events",
		summary: "What happens, as it happens",
		description: [
			"Who accepts `text/event-stream` follows by Server-Sent Events, and who asks to upgrade the connection by a WebSocket, each message of which is JSON with the fields `id`, `event` and `data`. Others are given a page of what happened after `after`.",
			"`event` is the kind, `data` the same JSON that RabbitMQ and Kafka are told, and `id` the place among all events: who sends the last one that it has as `Last-Event-ID`, or `after`, is told all that came since, nothing twice, whatever was restarted meanwhile. Who follows without one is told what comes next.",
			"Four more say how the connection is: a heartbeat every 15 seconds, with the id to resume from; `gap`: of what came after the given id some was forgotten, or it is of another catalog; `slow`: too much waits for you; `closing`: the connection is ended. After the last two, connect again with the last id.",
		].join("\n\n"),
		needs: "read",
		query: {
			...filters,
			after: z.string().regex(place).optional().describe("As `Last-Event-ID`, for who cannot send headers."),
		},
		answers: {
			200: {
				description: "A page, or what goes on until one side ends it.",
				content: { "application/json": page, "text/event-stream": "text" },
			},
		},
		problems: ["REQUEST_INVALID", "FOREIGN_ORIGIN", "TOO_MANY_REQUESTS", "TOO_MANY_CLIENTS"],
		handle: async (
			{ query: { after, ...asked }, mediaType, principal, request, reply },
			{ live, scope, settings, identify },
		) => {
			const from = resumed(request.headers["last-event-id"], after);
			const wants = (event: LiveEvent) => isAskedFor(event, asked) && seesEvent(scope, event.of);
			const upgraded = wantsWebSocket(request);
			if (upgraded) refuseForeignOrigin(request, settings.http.origins);
			else if (mediaType === "application/json") return pageOf(await live.page(from ?? 0, wants));
			else if (request.method === "HEAD") return reply.type(mediaType).send();
			await live.follow({
				principal,
				still: async () => isSame(await identify(request), principal),
				wants,
				after: from,
				transport: upgraded ? "websocket" : "sse",
				wire: () => (upgraded ? SocketWire.open(request, reply) : new EventStream(reply)),
			});
			return reply;
		},
	}),
];

function pageOf({ events, upTo, more, gap }: FeedPage): z.input<typeof page> {
	const items = events.map(({ of: { seq, kind, body } }) => ({ id: `${seq}`, event: kind, data: body }));
	return { items: items as z.input<typeof item>[], next: `${upTo}`, more, gap: gap ?? null };
}

function isAskedFor({ of }: LiveEvent, { kind, source, pipeline, job, acquisition }: Filters): boolean {
	if (kind !== undefined && !kind.includes(of.kind as (typeof kind)[number])) return false;
	if (source !== undefined && of.source !== source) return false;
	if (pipeline !== undefined && !of.pipelines.includes(pipeline)) return false;
	if (job !== undefined && of.job !== job) return false;
	return acquisition === undefined || of.acquisition === acquisition;
}

/** What the client has seen itself is later than what its URL says. */
function resumed(header: string | string[] | undefined, after: string | undefined): number | undefined {
	const id = typeof header === "string" && header !== "" ? header : after;
	if (id === undefined) return undefined;
	if (place.test(id)) return Number(id);
	throw permanent("REQUEST_INVALID", "Last-Event-ID is none that was given here", {
		fix: "Leave it out to be told what comes next.",
	});
}
