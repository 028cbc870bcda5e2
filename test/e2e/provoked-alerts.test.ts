import { chmod, rename } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, Product } from "#test/support/product.ts";
import { describeWith, requireService } from "#test/support/services.ts";

/** A minute passes in two seconds: alerts have to hold for many of them. R runs by the true clock. */
const speed = "+0 x30";
const patienceMs = 200_000;

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  reader: { watch: ./in, complete: { quiet: 1s } }
  share: { watch: ./share, scanEvery: 30s }
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

	beforeAll(async () => {
		lab = await Product.create({
			"watchrabbit.yaml": configuration,
			"plate.R": hanging,
			"in/.keep": "",
			"share/.keep": "",
			"broken-r": brokenR,
		});
		await chmod(lab.path("broken-r"), 0o755);
		const up = lab.startWith({ LD_PRELOAD: requireService("faketime"), FAKETIME: speed }, "up");
		address = await up.address();
		let file = 0;
		writing = setInterval(() => {
			for (let more = 0; more < 5; more++) void lab.write(`in/plate-${++file}.csv`, `plate ${file}`);
		}, 1_000);
	});

	afterAll(async () => {
		clearInterval(writing);
		await lab.remove();
	});

	const firing = async () => {
		const answer = await fetch(`${address}/api/v1/alerts?state=firing`);
		const { items } = (await answer.json()) as { items: { name: string; labels: Record<string, string> }[] };
		return items.map(({ name, labels: { source, pipeline, pool } }) => [name, source ?? pipeline ?? pool].join(" "));
	};
	const until = (hope: string, hoped: (all: readonly string[]) => boolean) =>
		eventually(
			async () => (hoped(await firing()) ? true : undefined),
			() => hope,
			patienceMs,
		);
	const provoked = (alert: string) => until(`${alert} fires`, (all) => all.includes(alert));
	const over = (alert: string) => until(`${alert} is over`, (all) => !all.includes(alert));

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
});
