import { chmod, rename } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { placesIn } from "#domain/places.ts";
import { exampleTrace } from "#test/support/example-events.ts";
import { eventually, Product } from "#test/support/product.ts";
import { describeWith, itUnless, requireService } from "#test/support/services.ts";
import { smallFileSystem } from "#test/support/small-file-system.ts";

/** A minute passes in two seconds: alerts have to hold for many of them. R runs by the true clock. */
const speed = "+0 x30";
const patienceMs = 200_000;

const configuration = (disk: string) => `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  reader: { watch: ./in, complete: { quiet: 1s } }
  share: { watch: ./share, scanEvery: 30s }
  beats: { watch: ./beats, complete: { quiet: 1s } }
  small: { watch: "${disk}", include: ["*.csv"] }
pipelines:
  plate: { from: reader, analysis: ./plate.R, timeout: 7d }
pools:
  default: { workers: 1, timeout: 7d }
  broken: { workers: 1, rscript: ./broken-r }
`;

/** Waits for somebody, for as long as it takes. */
const hanging = `analyze <- function(inputs, params, out) {
  while (!file.exists(file.path(dirname(inputs[[1]]), "../go"))) Sys.sleep(0.1)
  list(bytes = structure(file.size(inputs[[1]]), unit = "By"))
}
`;

const brokenR = `#!/bin/sh
test -e "$(dirname "$0")/mended" || exit 1
exec Rscript "$@"
`;

describeWith(["faketime", "r"], "in a running system", () => {
	let lab: Product;
	let address: string;
	let writing: NodeJS.Timeout;
	let beating: NodeJS.Timeout;
	const disk = smallFileSystem(8);

	beforeAll(async () => {
		lab = await Product.create({
			"watchrabbit.yaml": configuration("missing" in disk ? "./share" : disk.path),
			"plate.R": hanging,
			"in/.keep": "",
			"share/.keep": "",
			"beats/.keep": "",
			"broken-r": brokenR,
		});
		await chmod(lab.path("broken-r"), 0o755);
		const up = lab.startWith({ LD_PRELOAD: requireService("faketime"), FAKETIME: speed }, "up");
		address = await up.address();
		let file = 0;
		writing = setInterval(() => {
			for (let more = 0; more < 5; more++) void lab.write(`in/plate-${++file}.csv`, `plate ${file}`);
		}, 1_000);
		// Often enough for what is usual to be known: a pause of more than a minute between two bursts, 20 times.
		let beats = 0;
		beating = setInterval(() => {
			if (++beats <= 24) void lab.write(`beats/${beats}.csv`, `beat ${beats}`);
		}, 2_400);
	});

	afterAll(async () => {
		clearInterval(writing);
		clearInterval(beating);
		await lab.remove();
		if (!("missing" in disk)) disk.remove();
	});

	const firing = async () => {
		const answer = await fetch(`${address}/api/v1/alerts?state=firing`);
		const { items } = (await answer.json()) as { items: { name: string; labels: Record<string, string> }[] };
		return items.map(({ name, labels: { source, pipeline, pool, place, queue } }) =>
			[name, source ?? pipeline ?? pool ?? place ?? queue].join(" "),
		);
	};
	const until = (hope: string, hoped: (all: readonly string[]) => boolean) =>
		eventually(
			async () => (hoped(await firing()) ? true : undefined),
			() => hope,
			patienceMs,
		);
	const provoked = (alert: string) => until(`${alert} fires`, (all) => all.includes(alert));
	const over = (alert: string) => until(`${alert} is over`, (all) => !all.includes(alert));

	it("a message that nobody can read is told as DeadLetters", async () => {
		const log = new SqliteEventLog(placesIn(lab.path("state")).log);
		await log.append([{ id: "1", key: "plate", body: "no JSON", traceparent: exampleTrace.traceparent }]);
		await log.close();
		await until("DeadLetters fires", (all) => all.some((alert) => alert.startsWith("WatchRabbitDeadLetters")));
	});

	itUnless("missing" in disk ? disk.missing : undefined)(
		"a disk that is almost full is told as DiskSoonFull, until there is room",
		async () => {
			if ("missing" in disk) throw new Error(disk.missing);
			disk.fill(200_000);
			await provoked("WatchRabbitDiskSoonFull small");
			disk.makeRoom();
			await over("WatchRabbitDiskSoonFull small");
		},
	);

	it("a share that is away, and back, is told as SourceDown", async () => {
		await rename(lab.path("share"), lab.path("elsewhere"));
		await provoked("WatchRabbitSourceDown share");
		await rename(lab.path("elsewhere"), lab.path("share"));
		await over("WatchRabbitSourceDown share");
		expect(await firing()).not.toContain("WatchRabbitSourceDown reader");
	});

	it("a pool whose R does not start is told as PoolDown, until it does", async () => {
		await provoked("WatchRabbitPoolDown broken");
		expect(await firing()).not.toContain("WatchRabbitPoolDown default");
		await lab.write("mended", "");
		await over("WatchRabbitPoolDown broken");
	});

	it(
		"jobs that become more while one hangs are told as OldestWaiting, PoolStarved and BacklogGrowing, until they are done",
		async () => {
			await provoked("WatchRabbitOldestWaiting default");
			await provoked("WatchRabbitPoolStarved default");
			await provoked("WatchRabbitBacklogGrowing plate");
			clearInterval(writing);
			await lab.write("go", "");
			await over("WatchRabbitBacklogGrowing plate");
			await over("WatchRabbitPoolStarved default");
			await over("WatchRabbitOldestWaiting default");
		},
		patienceMs,
	);

	it(
		"an instrument that wrote every minute, and does no more, is told as InstrumentSilent, until it writes",
		async () => {
			await provoked("WatchRabbitInstrumentSilent beats");
			await lab.write("beats/at-last.csv", "a beat");
			await over("WatchRabbitInstrumentSilent beats");
		},
		patienceMs,
	);

	it(
		"DeadLetters is over when there was none for an hour",
		async () => {
			await until("DeadLetters is over", (all) => !all.some((alert) => alert.startsWith("WatchRabbitDeadLetters")));
		},
		patienceMs,
	);
});
