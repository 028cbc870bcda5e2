import { systemClock } from "#core/clock.ts";
import { createReport } from "#observability/events.ts";
import { Health } from "#observability/health.ts";
import { createLogger } from "#observability/logger.ts";
import { createMetrics } from "#observability/metrics.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

/** The API over a lab with one result, its requests counted and measured as in `up`; says the result's address. */
const lab = new SmallLab();
const bench = await lab.open();
lab.write("plate.csv", "od\n");
const { result } = await lab.analyse(bench, "plate.csv");
const metrics = createMetrics();
const health = new Health(systemClock);
const logger = createLogger({ level: "info", pretty: false, colours: false });
const api = apiOfLab(bench, { metrics, health, report: createReport({ logger, health, metrics }) });
const address = await api.listen();
process.send?.(`${address}/api/v1/results/${result}`);
process.once("disconnect", async () => {
	await api.close(0);
	await lab.remove();
	process.exit();
});
