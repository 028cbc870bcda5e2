import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What is published is JavaScript: Node does not strip types below node_modules. dist/ is made anew, so that nothing stale is packed. */
const root = fileURLToPath(new URL("../..", import.meta.url));
rmSync(new URL("../../dist", import.meta.url), { recursive: true, force: true });
// stdout belongs to `npm pack --json`.
const { status } = spawnSync("tsc", ["-p", "deploy/dev/tsconfig.build.json"], { cwd: root, stdio: ["ignore", 2, 2] });
process.exit(status ?? 1);
