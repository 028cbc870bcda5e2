import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { api } from "./api.ts";
import { instruments } from "./instruments.ts";
import { lossLedger } from "./loss-ledger.ts";
import { overview } from "./overview.ts";
import { dashboardOf } from "./page.ts";
import { pipelines } from "./pipelines.ts";
import { queues } from "./queues.ts";
import { rPools } from "./r-pools.ts";

/** All dashboards; each becomes the file `<uid>.json`. */
export function dashboards(): Dashboard[] {
	return [overview, instruments, pipelines, queues, rPools, api, lossLedger].map(dashboardOf);
}
