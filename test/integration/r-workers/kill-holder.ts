import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { AnalysisRequest } from "#core/ports/analysis-pool.ts";
import { type RBench, until } from "#test/support/r-bench.ts";

/** Kills (-9) another process whose pool has this run under way (it has made out/begun), after `meanwhile`. */
export async function killHolder(
	{ path, id }: RBench,
	engine: string,
	request: AnalysisRequest,
	meanwhile: () => Promise<void>,
): Promise<void> {
	const program = new URL("./pool-holder.ts", import.meta.url).pathname;
	const told = {
		REQUEST: JSON.stringify(request),
		BENCH_ID: id,
		POOL: `${path}/pool`,
		SETTINGS: JSON.stringify({ engine }),
	};
	const holder = spawn(process.execPath, ["--conditions=source", program], {
		env: { ...process.env, ...told },
		stdio: "inherit",
	});
	const gone = once(holder, "exit");
	try {
		await until(() => existsSync(join(request.directory, "out/begun")), "the run is under way");
		await until(() => readdirSync(join(path, "pool")).length === 0, "no worker is just starting");
		await meanwhile();
	} finally {
		holder.kill("SIGKILL");
		await gone;
	}
}
