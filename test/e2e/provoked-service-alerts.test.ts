import { afterAll, beforeAll, describe, it } from "vitest";
import { FiringAlerts, meanwhile } from "#test/support/firing-alerts.ts";
import { startPacedPrometheus } from "#test/support/paced-prometheus.ts";
import { Product, type Running } from "#test/support/product.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import type { Prometheus } from "#test/support/servers/prometheus.ts";
import { type RedisServer, startRedis } from "#test/support/servers/redis.ts";
import { assertOwn, describeWith } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { TimeLapse } from "#test/support/time-lapse.ts";

/** Of what a process evaluates by itself: alerts have to hold for long. */
const pace = { seconds: 60, everyMs: 250 };
const patienceMs = 150_000;
const timeoutMs = 2 * patienceMs;

const configuration = (more: string) => `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  reader: { watch: ./in, complete: { quiet: 100ms } }
pipelines:
  plate: { from: reader, analysis: ./plate.R }
${more}
`;

const inTwoSeconds = `pools: { default: { workers: 6 } }
objectives: { result: { within: 2s } }`;

const slowAtFirst = `analyze <- function(inputs, params, out) {
  if (!file.exists(file.path(dirname(inputs[[1]]), "../mended"))) Sys.sleep(2.2)
  list(bytes = structure(file.size(inputs[[1]]), unit = "By"))
}
`;

/** All levels of an objective. */
const burnt = (alert: string) => [
	`${alert} critical 1h`,
	`${alert} critical 6h`,
	`${alert} warning 1d`,
	`${alert} warning 3d`,
];

describeWith(["faketime", "r", "postgres", "redis", "prometheus"], "alerts of what stands around", () => {
	const observed = temporaryDirectory();
	const observe = ["--observe", observed.path];
	const watch = ["up", "--roles", "watch,serve", ...observe];
	const labs: Product[] = [];
	let postgres: PostgresServer;
	let redis: RedisServer;
	let prometheus: Prometheus;
	let clock: TimeLapse;
	/** By the true time, as all but the first. */
	let worker: Product;
	let watcher: Product;
	let watching: Running;
	/** Of one that serves. */
	let api: string;
	let inside: FiringAlerts;
	let byPrometheus: FiringAlerts;

	async function lab(more: string, script = ""): Promise<Product> {
		const made = await Product.create({
			"watchrabbit.yaml": configuration(more),
			"plate.R": script,
			"in/.keep": "",
		});
		labs.push(made);
		return made;
	}

	beforeAll(async () => {
		[postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
		const hurried = await lab(`catalog: ${await postgres.createDatabase()}\ncache: ${redis.url}`);
		clock = new TimeLapse(hurried.directory);
		const up = hurried.startWith(clock.environment, "up", "--roles", "watch,flow,serve");
		const serving = (await lab(`catalog: ${await postgres.createDatabase()}`)).start(
			"up",
			"--roles",
			"serve",
			...observe,
		);
		worker = await lab(inTwoSeconds, slowAtFirst);
		watcher = await lab("");
		watching = watcher.start(...watch);
		const all = [up, serving, watching, worker.start("up", ...observe)];
		await Promise.all(all.map((one) => one.says(/at work/)));
		api = await serving.address();
		inside = await FiringAlerts.inside(up, patienceMs);
		prometheus = await startPacedPrometheus(observed.path);
		byPrometheus = FiringAlerts.by(prometheus, patienceMs);
		clock.run(pace);
	});

	afterAll(async () => {
		clock?.stop();
		await prometheus?.stop();
		await Promise.all(labs.map((one) => one.remove()));
		await Promise.all([postgres?.stop(), redis?.stop()]);
		observed.remove();
	});

	describe.concurrent("in a running system", { timeout: timeoutMs }, () => {
		it("a catalog that is away is told as ServiceDown, and what is answered for want of it as ApiFailing, until it is back", async () => {
			const { process } = postgres;
			assertOwn(process);
			const ask = (count: number) => fetch(`${api}/api/v1/jobs?limit=${(count % 200) + 1}`);
			await process.kill();
			await meanwhile(byPrometheus.fires(...burnt("ApiFailing")), 100, ask);
			await inside.fires("ServiceDown critical catalog");
			await process.start();
			await inside.areOver("ServiceDown critical catalog");
			await meanwhile(byPrometheus.areOver(...burnt("ApiFailing")), 100, ask);
		});

		it("a cache that is away is told as CacheDown, until it is back", async () => {
			const { process } = redis;
			assertOwn(process);
			await process.kill();
			await inside.fires("CacheDown info cache");
			await process.start();
			await inside.areOver("CacheDown info cache");
		});

		it("results that come too late are told as ResultsLate, until they are in time", async () => {
			const write = (count: number) => worker.write(`in/${Date.now()}.csv`, `plate ${count} of ${Date.now()}`);
			await meanwhile(byPrometheus.fires(...burnt("ResultsLate")), 350, write);
			await worker.write("mended", "");
			await meanwhile(byPrometheus.areOver(...burnt("ResultsLate")), 350, write);
		});

		it("a process that was killed is told as ScrapeMissing, until it is started again", async () => {
			// It has just begun, and found nobody at first.
			await byPrometheus.areOver("ScrapeMissing critical");
			await watching.stop("SIGKILL");
			await byPrometheus.fires("ScrapeMissing critical");
			await watcher.start(...watch).says(/at work/);
			await byPrometheus.areOver("ScrapeMissing critical");
		});
	});
});
