import { parentPort } from "node:worker_threads";
import { inspect } from "./inspect.ts";
import type { Finding, InspectionBatch } from "./inspection.ts";

if (parentPort === null) throw new Error("inspect-worker.ts is started by the inspector as a worker thread");
const port = parentPort;

/** One answer a batch, in the order of the questions. */
port.on("message", async ({ inspections, aborted }: InspectionBatch) => {
	const findings: Finding[] = [];
	for (const [i, inspection] of inspections.entries()) {
		findings.push(await inspect(inspection, () => Atomics.load(aborted, i) === 1));
	}
	port.postMessage(findings);
});
