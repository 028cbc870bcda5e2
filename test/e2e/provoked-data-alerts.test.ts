import { rename } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { placesIn } from "#domain/places.ts";
import { exampleTrace } from "#test/support/example-events.ts";
import { FiringAlerts } from "#test/support/firing-alerts.ts";
import { Product } from "#test/support/product.ts";
import { describeWith } from "#test/support/services.ts";
import { TimeLapse } from "#test/support/time-lapse.ts";

/** Alerts have to hold for long: an hour passes in 15 seconds. */
const pace = { seconds: 60, everyMs: 250 };
const patienceMs = 110_000;

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  share: { watch: ./share, scanEvery: 30s }
  beats: { watch: ./beats, complete: { quiet: 1s } }
  unmarked: { watch: ./unmarked, complete: { marker: "{stem}.done" } }
  forgetful: { watch: ./forgetful, scanEvery: 1m }
pipelines:
  plate: { from: share, analysis: ./plate.R }
`;

describeWith("faketime", "alerts of what comes from instruments, without Prometheus", () => {
	let lab: Product;
	let clock: TimeLapse;
	let firing: FiringAlerts;

	beforeAll(async () => {
		const empty = ["share", "beats", "unmarked", "forgetful"].map((source) => [`${source}/.keep`, ""]);
		lab = await Product.create({
			"watchrabbit.yaml": configuration,
			"plate.R": "",
			...Object.fromEntries(empty),
		});
		clock = new TimeLapse(lab.directory);
		const up = lab.startWith(clock.environment, "up", "--roles", "watch,flow,serve");
		await up.says(/at work/);
		firing = FiringAlerts.inside(await up.address(), patienceMs);
		clock.run(pace);
	});

	afterAll(async () => {
		clock.stop();
		await lab.remove();
	});

	async function writing(path: (count: number) => string, { everyMs, times }: { everyMs: number; times: number }) {
		for (let count = 1; count <= times; count++) {
			await lab.write(path(count), `${count}\n`);
			await pause(everyMs);
		}
	}

	describe.concurrent("in a running system", () => {
		it("a share that is away, and back, is told as SourceDown", async ({ expect }) => {
			await rename(lab.path("share"), lab.path("elsewhere"));
			await firing.fires("SourceDown critical share");
			await rename(lab.path("elsewhere"), lab.path("share"));
			await firing.areOver("SourceDown critical share");
			expect(await firing.all()).not.toContain("SourceDown critical beats");
		});

		it("an instrument that wrote every minute, and does no more, is told as InstrumentSilent, until it writes", async () => {
			// Often enough for what is usual to be known: a pause of more than a minute between two bursts, 20 times.
			await writing((count) => `beats/${count}.csv`, { everyMs: 3 * pace.everyMs, times: 24 });
			await firing.fires("InstrumentSilent warning beats");
			await lab.write("beats/at-last.csv", "a beat");
			await firing.areOver("InstrumentSilent warning beats");
		});

		it("an instrument that writes its markers no more is told as NothingSettles, until it does", async ({ expect }) => {
			await writing((count) => `unmarked/run-${count}.csv`, { everyMs: 2 * pace.everyMs, times: 35 });
			await firing.fires("NothingSettles warning unmarked");
			expect(await firing.all()).not.toContain("NothingSettles warning beats");
			await lab.write("unmarked/run-1.done", "");
			await firing.areOver("NothingSettles warning unmarked");
		});

		it("a ledger that does not keep what is written to it is told as Unaccounted, until it does", async () => {
			const ledger = new DatabaseSync(placesIn(lab.path("state")).ledger, { timeout: 10_000 });
			// As of a page that is lost: what was said to be written is gone.
			ledger.exec(`CREATE TRIGGER lost AFTER INSERT ON entry WHEN new.name = CAST('lost.csv' AS BLOB)
				BEGIN DELETE FROM entry WHERE id = new.id; END`);
			await lab.write("forgetful/lost.csv", "1;2;3\n");
			await lab.write("forgetful/kept.csv", "1;2;3\n");
			await firing.fires("Unaccounted critical forgetful");
			ledger.exec("DROP TRIGGER lost");
			ledger.close();
			await firing.areOver("Unaccounted critical forgetful");
		});

		it("a message that nobody can read is told as DeadLetters, for an hour", async () => {
			const log = new SqliteEventLog(placesIn(lab.path("state")).log);
			await log.append([{ id: "1", key: "plate", body: "no JSON", traceparent: exampleTrace.traceparent }]);
			await log.close();
			await firing.fires("DeadLetters warning watchrabbit.files");
			await firing.areOver("DeadLetters warning watchrabbit.files");
		});
	});
});
