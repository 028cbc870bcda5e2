import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { concatMap, filter, map, mergeAll, pipe } from "rxjs";
import { describe, expect, it } from "vitest";
import { carry, type Envelope } from "#core/envelope.ts";
import { inOrder } from "#core/in-order.ts";
import { Receipt } from "#core/receipt.ts";
import { emit, type Stage, stage } from "#core/stage.ts";
import { batch } from "#stages/batch.ts";
import { coalesce } from "#stages/coalesce.ts";
import { deadLetter } from "#stages/dead-letter.ts";
import { dedupe } from "#stages/dedupe.ts";
import { route } from "#stages/route.ts";
import { settle } from "#stages/settle.ts";
import { checkConservation, keyOf, type Message, type StageUnderTest } from "./conservation.ts";
import { stagesUnderTest } from "./stages-under-test.ts";

describe("every stage conserves what is entrusted to it", () => {
	it.each(Object.keys(stagesUnderTest))("%s", async (name) => {
		await checkConservation(stagesUnderTest[name] as StageUnderTest);
	});
});

describe("a graph of stages conserves what is entrusted to it", () => {
	it("whatever ends in the middle of it", async () => {
		const graph: StageUnderTest = {
			open: ({ scheduler, answer }) =>
				pipe(
					deadLetter({
						parse: (message: Message) => {
							keyOf(message);
							return message;
						},
						bury: answer,
					}),
					coalesce({ key: keyOf, quietMs: 5, maxWaitMs: 12, scheduler }),
					settle({
						key: keyOf,
						quietUntil: ({ mood }) => scheduler.now() + mood,
						holdMs: 6,
						judge: async (value: Message) => {
							await answer();
							return { kind: "complete", value };
						},
						concurrency: 2,
						scheduler,
					}),
					dedupe({ key: keyOf, capacity: 2 }),
					batch({ count: 3, timeMs: 5, scheduler }),
					route({ routes: (messages) => messages.map(keyOf) }),
					map((envelope) => carry(envelope, envelope.value.value)),
				),
			unseen: () => undefined,
		};
		await checkConservation(graph, 300);
	});

	it("with work in it that takes its time, one message after the other", async () => {
		const graph: StageUnderTest = {
			open: ({ answer }) =>
				inOrder(async ({ value, receipt, trace }) => {
					await answer();
					return receipt.fork(value.mood % 3).map((share) => ({ value: [value], receipt: share, trace }));
				}),
			unseen: () => undefined,
		};
		await checkConservation(graph, 300);
	});
});

const lawless: Readonly<Record<string, [StageUnderTest["open"], RegExp]>> = {
	"drops a message": [
		() =>
			pipe(
				filter(({ value }) => value.mood !== 3),
				alone(),
			),
		/was never resolved/,
	],
	"resolves what it passes on": [
		() =>
			stage((outlet) => ({
				next: (envelope) => {
					emit(outlet, carry(envelope, [envelope.value]));
					if (!envelope.receipt.resolved) envelope.receipt.resolve();
				},
			})),
		/resolved twice|resolved again/,
	],
	"keeps what it holds when it is taken down": [() => pipe(hoarding(), alone()), /was never resolved/],
	"forgets what waits for its turn when it is taken down": [
		({ answer }) =>
			pipe(
				concatMap(async (envelope: Envelope<Message>) => {
					await answer().catch(() => {});
					return [envelope];
				}),
				mergeAll(),
				alone(),
			),
		/was never resolved/,
	],
	"gives the better of two outcomes": [
		() =>
			map((envelope: Envelope<Message>) => ({
				...carry(envelope, [envelope.value]),
				receipt: new Receipt(() => envelope.receipt.resolve()),
			})),
		/was resolved as delivered, but came back as/,
	],
	"acknowledges what it supersedes": [() => pipe(forgetting(), alone()), /nobody has seen it|outcome of its successor/],
	"loses what it says when nobody listens": [
		() =>
			stage((outlet) => ({
				next: (envelope) => {
					for (const receipt of envelope.receipt.fork(2)) {
						outlet.next({ value: [envelope.value], receipt, trace: envelope.trace });
					}
				},
			})),
		/was never resolved/,
	],
};

describe("the check of conservation fails for a stage that", () => {
	it.each(Object.keys(lawless))("%s", async (name) => {
		const [open, breach] = lawless[name] as (typeof lawless)[string];
		const unseen = (stagesUnderTest.coalesce as StageUnderTest).unseen;
		await expect(checkConservation({ open, unseen }, 500)).rejects.toMatchObject({
			cause: { message: expect.stringMatching(breach) },
		});
	});
});

function alone() {
	return map((envelope: Envelope<Message>) => carry<Message, readonly Message[]>(envelope, [envelope.value]));
}

/** Lets a message wait for the next one, and has no answer to the end. */
function hoarding(): Stage<Message> {
	return stage((outlet) => {
		let held: Envelope<Message> | undefined;
		return {
			next: (envelope) => {
				if (held !== undefined) emit(outlet, held);
				held = envelope;
			},
		};
	});
}

/** Delivers a message as soon as the next one of its key comes. */
function forgetting(): Stage<Message> {
	return stage((outlet) => {
		const held = new Map<string, Envelope<Message>>();
		return {
			next: (envelope) => {
				const { key, mood } = envelope.value;
				held.get(key)?.receipt.resolve();
				held.delete(key);
				if (mood > 4) emit(outlet, envelope);
				else held.set(key, envelope);
			},
			release: () => {
				for (const { receipt } of held.values()) receipt.resolve();
			},
		};
	});
}

interface House {
	readonly stages: readonly string[];
	/** Text of each test file beside, by its name. */
	readonly specs: ReadonlyMap<string, string>;
	readonly conserved: readonly string[];
}

/** What is missing for stages of which nobody shows with marbles when they speak, or that they conserve. */
function uncovered({ stages, specs, conserved }: House): readonly string[] {
	return stages.flatMap((name) => {
		const spec = specs.get(name) ?? "";
		return [
			...(/\bexpectObservable\(/.test(spec) && spec.includes(`#stages/${name}.ts`)
				? []
				: [`${name} has no marble spec`]),
			...(/\bexpectSubscriptions\(/.test(spec) ? [] : [`${name}'s spec asserts no subscription`]),
			...(conserved.includes(name) ? [] : [`${name} is not held to the law of conservation`]),
		];
	});
}

describe("every file in stages", () => {
	const namesIn = (directory: URL, ending: string) =>
		readdirSync(directory)
			.filter((name) => name.endsWith(ending))
			.map((name) => name.slice(0, -ending.length));
	const here = new URL(".", import.meta.url);
	const stages = namesIn(new URL("../../../stages/", here), ".ts");
	const specs = new Map(
		namesIn(here, ".test.ts").map((name) => [
			name,
			readFileSync(fileURLToPath(new URL(`${name}.test.ts`, here)), "utf8"),
		]),
	);

	it("has a marble spec, and is held to the law of conservation", () => {
		expect(stages).toContain("settle");
		expect(uncovered({ stages, specs, conserved: Object.keys(stagesUnderTest) })).toEqual([]);
	});

	it("is missed when it has neither", () => {
		const spec = 'import { settle } from "#stages/settle.ts"; t.expectObservable(settle());';
		expect(
			uncovered({ stages: ["settle", "throttle"], specs: new Map([["settle", spec]]), conserved: ["throttle"] }),
		).toEqual([
			"settle's spec asserts no subscription",
			"settle is not held to the law of conservation",
			"throttle has no marble spec",
			"throttle's spec asserts no subscription",
		]);
	});
});
