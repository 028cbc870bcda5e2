import { systemClock } from "#core/clock.ts";
import { WakeUp } from "#core/wake-up.ts";
import { createReport } from "#observability/events.ts";
import { Health } from "#observability/health.ts";
import { createLogger } from "#observability/logger.ts";
import { createMetrics } from "#observability/metrics.ts";
import { acquisition, arrival, intake } from "#test/support/acquisitions.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

/**
 * The API over a lab in which something happens whenever it is told `happen`, and which then rings, as in `up`. Says the
 * address of its events; asked for `memory`, what it holds.
 */
const lab = new SmallLab();
const bench = await lab.open();
const metrics = createMetrics();
const health = new Health(systemClock);
const logger = createLogger({ level: "info", pretty: false, colours: false });
const moved = new WakeUp();
const api = apiOfLab(bench, { metrics, health, report: createReport({ logger, health, metrics }), moved: () => moved });
const address = await api.listen();
let plates = 0;
process.on("message", async (message) => {
	if (message === "memory") {
		globalThis.gc?.();
		process.send?.(process.memoryUsage().rss);
	}
	if (message !== "happen") return;
	const plate = acquisition(`plate-${++plates}.csv`, `${plates}`);
	await bench.catalog.commitIntake(intake([arrival(plate)], { now: Date.now() }));
	moved.ring();
});
process.send?.(`${address}/api/v1/events`);
process.once("disconnect", async () => {
	await api.close(0);
	await lab.remove();
	process.exit();
});
