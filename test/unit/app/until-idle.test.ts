import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Standstill } from "#app/standstill.ts";
import { run } from "#app/up.ts";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import { transient } from "#core/errors.ts";
import { placesIn } from "#domain/places.ts";
import type { InternalEvent } from "#domain/report.ts";
import { traceparent } from "#test/support/acquisitions.ts";
import { workspace } from "#test/support/config-workspace.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { quietLevels } from "#test/support/quiet-levels.ts";

const configuration = `sources:
  plates: { watch: in, complete: { quiet: 100ms } }
pipelines:
  count: { from: plates, analysis: a.R }
`;

describe("a run until nothing is left to do", () => {
	async function runIn(
		prepare: (directory: string, data: string) => Promise<void>,
		meanwhile = async (_data: string) => {},
	) {
		const { directory, load } = workspace();
		const loaded = await load(configuration);
		mkdirSync(loaded.settings.data, { recursive: true });
		await prepare(directory, loaded.settings.data);
		const told: InternalEvent[] = [];
		const ended = run(loaded, {
			roles: ["watch", "flow"],
			untilIdle: true,
			observe: () => (event) => void told.push(event),
			atWork: async () => await meanwhile(loaded.settings.data),
			onEnding: () => {},
			levels: quietLevels(),
		});
		return { ended, told };
	}

	it("ends with 1 when all there was is a message that nobody can read", async () => {
		const { ended, told } = await runIn(async (_directory, data) => {
			const log = new SqliteEventLog(placesIn(data).log);
			await log.append([{ id: "x", key: "x", body: "no JSON", traceparent }]);
			await log.close();
		});
		expect(await ended).toBe(1);
		expect(told.filter(({ event }) => event === "message.buried")).toHaveLength(1);
	});

	const buryIn = async (data: string) => {
		const another = new SqliteWorkQueue(placesIn(data).queue);
		await another.bury("watchrabbit.files", "no JSON", "nobody can read it");
		await another.close();
	};

	it("ends with 1 when another process buried a message meanwhile", async () => {
		const { ended, told } = await runIn(async () => {}, buryIn);
		expect(await ended).toBe(1);
		expect(told.filter(({ event }) => event === "message.buried")).toEqual([]);
	});

	it("ends with 0 when there was nothing, or nothing but what was buried before", async () => {
		expect(await (await runIn(async () => {})).ended).toBe(0);
		expect(await (await runIn(async (_directory, data) => await buryIn(data))).ended).toBe(0);
	});

	it("does not wait for ever for a share that is away, and says for what it would wait", async () => {
		const { ended } = await runIn(async (directory) => rmSync(join(directory, "in"), { recursive: true }));
		await expect(ended).rejects.toMatchObject({
			code: "SHARE_AWAY",
			class: "transient",
			message: expect.stringContaining("source plates: the watched directory"),
		});
	}, 40_000);
});

describe("a standstill", () => {
	const away: InternalEvent = {
		event: "source.trouble",
		source: "plates",
		error: transient("SOURCE_UNREACHABLE", "it is not mounted"),
	};
	const unreachable = { event: "job.failed", job: "j1", code: "INPUT_UNREACHABLE", message: "gone" } as InternalEvent;
	const started = { event: "job.started", job: "j1" } as InternalEvent;

	async function standing(
		act: (standstill: Standstill, clock: ManualClock) => Promise<void>,
		others = 0,
	): Promise<string | undefined> {
		const clock = new ManualClock();
		const standstill = new Standstill(clock);
		const ended = new AbortController();
		let why: string | undefined;
		const come = standstill
			.come(1_000, ended.signal, async (jobsAway) => others > jobsAway.length)
			.then((error) => {
				why = error?.message;
			});
		await act(standstill, clock);
		ended.abort();
		await come;
		expect(clock.waiting).toBe(0);
		return why;
	}

	it("has come when nothing was done for longer than a share may be away, and names it", async () => {
		const long = standing(async (standstill, clock) => {
			standstill.hear(away);
			await clock.advance(12_000);
		});
		expect(await long).toContain("source plates: it is not mounted");
		const short = standing(async (standstill, clock) => {
			standstill.hear(away);
			await clock.advance(10_500);
		});
		expect(await short).toBeUndefined();
	});

	it("has not come while a file is read, or a job waits for something else, of which nothing is told", async () => {
		const act = async (standstill: Standstill, clock: ManualClock) => {
			standstill.hear(away);
			standstill.hear(started);
			standstill.hear(unreachable);
			await clock.advance(60_000);
		};
		expect(await standing(act, 2)).toBeUndefined();
		expect(await standing(act, 1)).toContain("source plates");
	});

	it("has come when jobs try again and again to read what is away", async () => {
		const why = standing(async (standstill, clock) => {
			for (let i = 0; i < 4; i++) {
				standstill.hear(started);
				standstill.hear(unreachable);
				await clock.advance(5_000);
			}
		});
		expect(await why).toContain("job j1: gone");
	});

	it("has not come while something is done, or runs, or nothing is away", async () => {
		const done = standing(async (standstill, clock) => {
			for (let i = 0; i < 4; i++) {
				standstill.hear({ event: "intake.committed", arrivals: 1, jobsCreated: 1, jobsLinked: 0, seconds: 0 });
				standstill.hear(away);
				await clock.advance(5_000);
			}
		});
		expect(await done).toBeUndefined();
		const runs = standing(async (standstill, clock) => {
			standstill.hear(away);
			standstill.hear(started);
			await clock.advance(60_000);
		});
		expect(await runs).toBeUndefined();
		expect(await standing(async (_standstill, clock) => await clock.advance(60_000))).toBeUndefined();
	});
});
