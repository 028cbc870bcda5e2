import { spawnSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * What is published is JavaScript: Node does not strip types below node_modules. dist/ is made anew, so that nothing
 * stale is packed; what is not TypeScript (R, Perl) lies beside the code that uses it, there as here.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
rmSync(join(root, "dist"), { recursive: true, force: true });
// stdout belongs to `npm pack --json`.
const { status } = spawnSync("tsc", ["-p", "deploy/dev/tsconfig.build.json"], { cwd: root, stdio: ["ignore", 2, 2] });
for (const file of globSync("{pipeline,stages,connectors,r-workers,observability}/**/*.{R,Rmd,pl}", { cwd: root })) {
	cpSync(join(root, file), join(root, "dist", file), { recursive: true });
}
cpSync(join(root, "observability/grafana/dashboards"), join(root, "dist/observability/grafana/dashboards"), {
	recursive: true,
});
// With all of the package that lies in it.
cpSync(join(root, "r-workers/R"), join(root, "dist/r-workers/R"), { recursive: true });
process.exitCode = status ?? 1;
