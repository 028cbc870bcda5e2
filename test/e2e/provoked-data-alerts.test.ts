import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { placesIn } from "#domain/places.ts";
import { exampleTrace } from "#test/support/example-events.ts";
import { FiringAlerts, meanwhile } from "#test/support/firing-alerts.ts";
import { startPacedPrometheus } from "#test/support/paced-prometheus.ts";
import { Product } from "#test/support/product.ts";
import type { Prometheus } from "#test/support/servers/prometheus.ts";
import { describeWith, itUnless } from "#test/support/services.ts";
import { smallFileSystem } from "#test/support/small-file-system.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { TimeLapse } from "#test/support/time-lapse.ts";

/** Alerts have to hold for long: an hour passes in 15 seconds. */
const pace = { seconds: 60, everyMs: 250 };
const patienceMs = 110_000;

const configuration = (disk: string) => `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  share: { watch: ./share, scanEvery: 30s }
  beats: { watch: ./beats, complete: { quiet: 1s } }
  unmarked: { watch: ./unmarked, complete: { marker: "{stem}.done" } }
  forgetful: { watch: ./forgetful, scanEvery: 1m }
  small: { watch: "${disk}", include: ["*.csv"] }
pipelines:
  plate: { from: share, analysis: ./plate.R }
`;

describeWith(["faketime", "prometheus"], "alerts of what comes from instruments", () => {
	const observed = temporaryDirectory();
	const disk = smallFileSystem(16);
	let lab: Product;
	let prometheus: Prometheus;
	let clock: TimeLapse;
	let inside: FiringAlerts;
	let byPrometheus: FiringAlerts;

	beforeAll(async () => {
		const empty = ["share", "beats", "unmarked", "forgetful"].map((source) => [`${source}/.keep`, ""]);
		lab = await Product.create({
			"watchrabbit.yaml": configuration("missing" in disk ? "./share" : disk.path),
			"plate.R": "",
			...Object.fromEntries(empty),
		});
		clock = new TimeLapse(lab.directory);
		const up = lab.startWith(clock.environment, "up", "--roles", "watch,flow,serve", "--observe", observed.path);
		await up.says(/at work/);
		inside = await FiringAlerts.inside(up, patienceMs);
		prometheus = await startPacedPrometheus(observed.path);
		byPrometheus = FiringAlerts.by(prometheus, patienceMs);
		clock.run(pace);
	});

	afterAll(async () => {
		clock?.stop();
		await prometheus?.stop();
		await lab?.remove();
		if (!("missing" in disk)) disk.remove();
		observed.remove();
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
			await inside.fires("SourceDown critical share");
			await rename(lab.path("elsewhere"), lab.path("share"));
			await inside.areOver("SourceDown critical share");
			expect(await inside.all()).not.toContain("SourceDown critical beats");
		});

		it("an instrument that wrote every minute, and does no more, is told as InstrumentSilent, until it writes", async () => {
			// Often enough for what is usual to be known: a pause of more than a minute between two bursts, 20 times.
			await writing((count) => `beats/${count}.csv`, { everyMs: 3 * pace.everyMs, times: 24 });
			await inside.fires("InstrumentSilent warning beats");
			await lab.write("beats/at-last.csv", "a beat");
			await inside.areOver("InstrumentSilent warning beats");
		});

		it("an instrument that writes its markers no more is told as NothingSettles, until it does", async ({ expect }) => {
			await writing((count) => `unmarked/run-${count}.csv`, { everyMs: 2 * pace.everyMs, times: 35 });
			await inside.fires("NothingSettles warning unmarked");
			expect(await inside.all()).not.toContain("NothingSettles warning beats");
			await lab.write("unmarked/run-1.done", "");
			await inside.areOver("NothingSettles warning unmarked");
		});

		it("a ledger that does not keep what is written to it is told as Unaccounted, until it does", async () => {
			const ledger = new DatabaseSync(placesIn(lab.path("state")).ledger, { timeout: 10_000 });
			// As of a page that is lost: what was said to be written is gone.
			ledger.exec(`CREATE TRIGGER lost AFTER INSERT ON entry WHEN new.name = CAST('lost.csv' AS BLOB)
				BEGIN DELETE FROM entry WHERE id = new.id; END`);
			await lab.write("forgetful/lost.csv", "1;2;3\n");
			await lab.write("forgetful/kept.csv", "1;2;3\n");
			await inside.fires("Unaccounted critical forgetful");
			ledger.exec("DROP TRIGGER lost");
			ledger.close();
			await inside.areOver("Unaccounted critical forgetful");
		});

		itUnless("missing" in disk ? disk.missing : undefined)(
			"a disk that fills is told as DiskSoonFull before it is full and when it is, until there is room",
			async () => {
				if ("missing" in disk) throw new Error(disk.missing);
				await meanwhile(byPrometheus.fires("DiskSoonFull warning small"), 250, (count) =>
					writeFile(join(disk.path, `ballast-${count}`), Buffer.alloc(200_000)),
				);
				await byPrometheus.areOver("DiskSoonFull warning small");
				disk.fill(200_000);
				await inside.fires("DiskSoonFull critical small");
				disk.makeRoom();
				await inside.areOver("DiskSoonFull critical small");
			},
		);

		it("a message that nobody can read is told as DeadLetters, for an hour", async () => {
			const log = new SqliteEventLog(placesIn(lab.path("state")).log);
			await log.append([{ id: "1", key: "plate", body: "no JSON", traceparent: exampleTrace.traceparent }]);
			await log.close();
			await inside.fires("DeadLetters warning watchrabbit.files");
			await inside.areOver("DeadLetters warning watchrabbit.files");
		});
	});
});
