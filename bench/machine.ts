import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";

/** Figures mean nothing without the machine: one line, printed above them. */
export function describeMachine(): string {
	const r = spawnSync("Rscript", ["--version"], { encoding: "utf8" });
	return [
		`${availableParallelism()} cores of ${cpus()[0]?.model ?? "an unknown processor"}`,
		`${Math.round(totalmem() / 2 ** 30)} GiB`,
		`${type()} ${release()}`,
		`Node ${process.versions.node}`,
		r.status === 0 ? `R ${/\d+\.\d+\.\d+/.exec(r.stdout + r.stderr)?.[0]}` : "no R",
	].join(", ");
}
