import { map, pipe } from "rxjs";
import { carry } from "#core/envelope.ts";
import { permanent } from "#core/errors.ts";
import type { Verdict } from "#domain/verdict.ts";
import { batch } from "#stages/batch.ts";
import { coalesce } from "#stages/coalesce.ts";
import { deadLetter } from "#stages/dead-letter.ts";
import { dedupe } from "#stages/dedupe.ts";
import { group } from "#stages/group.ts";
import { route } from "#stages/route.ts";
import { settle } from "#stages/settle.ts";
import { badMood, type Entry, isTold, keyOf, type Message, type StageUnderTest, type World } from "./conservation.ts";
import { DooredRoom } from "./doored-room.ts";

const alone = map(carryAlone);

function carryAlone(envelope: Parameters<typeof carry<Message, readonly Message[]>>[0]) {
	return carry(envelope, [envelope.value]);
}

/** It may be given back or refused by the stage; nobody behind it has spoken for it. */
function decidedHere({ outcome }: Entry): string | undefined {
	if (isTold(outcome)) return "has an outcome that was told of another";
	return outcome?.kind === "delivered" ? "was acknowledged, and nobody has seen it" : undefined;
}

/** It shares the outcome of its successor; without one when it was resolved, the stage decided. */
function superseded(entry: Entry, all: readonly Entry[]): string | undefined {
	const { message, outcome, resolvedAfter } = entry;
	if (message.mood === badMood) return decidedHere(entry);
	const successor = all.find(
		(other) => other.message.id > message.id && other.message.key === message.key && other.message.mood !== badMood,
	);
	if (successor === undefined || successor.message.id >= resolvedAfter) return decidedHere(entry);
	return outcome === successor.outcome ? undefined : "has not the outcome of its successor";
}

/** It shares the outcome of an earlier message of its key that came out. */
function repeated(entry: Entry, all: readonly Entry[]): string | undefined {
	const { message, outcome } = entry;
	const first = all.some(
		(other) =>
			other.cameOut && other.message.id < message.id && other.message.key === message.key && other.outcome === outcome,
	);
	return first ? undefined : decidedHere(entry);
}

function judge({ mood }: Message, { answer }: World): Verdict<null> | Promise<Verdict<null>> {
	if (mood < 4) return { kind: "complete", value: null };
	if (mood < 6) return answer().then(() => ({ kind: "complete", value: null }));
	if (mood === 6) return { kind: "waiting", for: "a better mood", againMs: 5 };
	if (mood === 7) return { kind: "refused", cause: permanent("MOODY", "refused") };
	throw new Error("cannot be judged");
}

/** Every stage, by the name of its file, with functions that use all its ways. */
export const stagesUnderTest: Readonly<Record<string, StageUnderTest>> = {
	coalesce: {
		open: ({ scheduler }) => pipe(coalesce({ key: keyOf, quietMs: 5, maxWaitMs: 12, scheduler }), alone),
		unseen: superseded,
	},
	settle: {
		open: (world) =>
			pipe(
				settle({
					key: keyOf,
					quietUntil: ({ mood }) => world.scheduler.now() + (mood % 3) * 5,
					holdMs: 8,
					judge: (message) => {
						const verdict = judge(message, world);
						const of = (given: Verdict<null>): Verdict<Message> =>
							given.kind === "complete" ? { kind: "complete", value: message } : given;
						return verdict instanceof Promise ? verdict.then(of) : of(verdict);
					},
					concurrency: 2,
					scheduler: world.scheduler,
				}),
				alone,
			),
		unseen: superseded,
	},
	dedupe: {
		open: () => pipe(dedupe({ key: keyOf, capacity: 2 }), alone),
		unseen: repeated,
	},
	batch: {
		open: ({ scheduler }) =>
			batch({
				count: 4,
				bytes: 20,
				sizeOf: (message) => keyOf(message).length + message.mood,
				timeMs: 5,
				scheduler,
			}),
		unseen: decidedHere,
	},
	route: {
		open: () =>
			pipe(
				route({ routes: (message: Message) => (keyOf(message) === "a" ? [] : Array.from({ length: message.mood })) }),
				map((envelope) => carry(envelope, [envelope.value.value])),
			),
		unseen: (entry) => {
			const { key, mood } = entry.message;
			if (mood === badMood || (key !== "a" && mood > 0)) return decidedHere(entry);
			return entry.outcome?.kind === "delivered" ? undefined : "belongs to no route, and was not delivered";
		},
	},
	"dead-letter": {
		open: ({ answer }) =>
			pipe(
				deadLetter({
					parse: (message: Message) => {
						keyOf(message);
						return message;
					},
					bury: answer,
				}),
				alone,
			),
		unseen: ({ message, outcome }) => {
			if (message.mood === badMood)
				return outcome?.kind === "rejected" ? "was neither buried nor sent back" : undefined;
			return isTold(outcome) || outcome?.kind === "delivered" ? "could be read, and never came out" : undefined;
		},
	},
	group: {
		open: ({ scheduler, answer }) => {
			const room = new DooredRoom<Message>();
			room.door = answer;
			return pipe(
				group({
					room,
					place: (message: Message) => ({ key: keyOf(message), id: String(message.mood) }),
					complete: (members) => members.length >= 3,
					timeMs: 10,
					scheduler,
				}),
				// A group is a message of its own: only who brings it follows it, as the marbles show.
				map((envelope) => carry(envelope, [])),
			);
		},
		unseen: () => undefined,
	},
};
