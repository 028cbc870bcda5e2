import { chmod } from "node:fs/promises";
import { afterAll, beforeAll, describe, it } from "vitest";
import { FiringAlerts } from "#test/support/firing-alerts.ts";
import { Product } from "#test/support/product.ts";
import { describeWith } from "#test/support/services.ts";
import { TimeLapse } from "#test/support/time-lapse.ts";

/** Alerts have to hold for long: a minute passes in less than a second, in which leases are kept. R runs by the true clock. */
const pace = { seconds: 15, everyMs: 200 };
const patienceMs = 115_000;

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  reader: { watch: ./in, complete: { quiet: 1s } }
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

describeWith(["faketime", "r"], "alerts of analyses, without Prometheus", () => {
	let lab: Product;
	let clock: TimeLapse;
	let firing: FiringAlerts;
	let writing: NodeJS.Timeout;

	beforeAll(async () => {
		lab = await Product.create({
			"watchrabbit.yaml": configuration,
			"plate.R": hanging,
			"in/.keep": "",
			"broken-r": brokenR,
		});
		await chmod(lab.path("broken-r"), 0o755);
		clock = new TimeLapse(lab.directory);
		const up = lab.startWith(clock.environment, "up");
		await up.says(/pool default.*ready in/);
		firing = await FiringAlerts.inside(up, patienceMs);
		clock.run(pace);
		let file = 0;
		writing = setInterval(() => {
			for (let more = 0; more < 5; more++) void lab.write(`in/plate-${++file}.csv`, `plate ${file}`);
		}, 1_000);
	});

	afterAll(async () => {
		clearInterval(writing);
		clock.stop();
		await lab.remove();
	});

	describe.concurrent("in a running system", () => {
		it("a pool whose R does not start is told as PoolDown, until it does", async ({ expect }) => {
			await firing.fires("PoolDown critical broken");
			expect(await firing.all()).not.toContain("PoolDown critical default");
			await lab.write("mended", "");
			await firing.areOver("PoolDown critical broken");
		});

		it("jobs that become more while one hangs are told as OldestWaiting, PoolStarved and BacklogGrowing, until they are done", async () => {
			const alerts = ["OldestWaiting warning default", "PoolStarved warning default", "BacklogGrowing warning plate"];
			await firing.fires(...alerts);
			clearInterval(writing);
			await lab.write("go", "");
			await firing.areOver(...alerts);
		});
	});
});
