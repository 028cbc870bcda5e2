import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dashboards } from "../../observability/grafana/dashboards.ts";

/** `npm run dashboards`: makes the files that Grafana reads from their declaration. */
const folder = fileURLToPath(new URL("../../observability/grafana/dashboards", import.meta.url));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const dashboard of dashboards())
	writeFileSync(join(folder, `${dashboard.uid}.json`), JSON.stringify(dashboard, undefined, "\t"));
process.exitCode = spawnSync("biome", ["format", "--write", folder], { stdio: "inherit" }).status ?? 1;
