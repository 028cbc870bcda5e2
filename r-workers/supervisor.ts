import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "./find-program.ts";

/** prctl(2), which has a number of its own on each processor. */
const prctl: Partial<Record<NodeJS.Architecture, number>> = {
	...{ arm: 172, arm64: 167, ia32: 172, loong64: 167, ppc64: 171, riscv64: 167, s390x: 172, x64: 157 },
};

interface Program {
	readonly file: string;
	readonly arguments: readonly string[];
	readonly environment: NodeJS.ProcessEnv;
}

/**
 * The command that runs a program under supervisor.pl, so that nothing of it is left wherever it hides. Undefined where
 * that cannot be: not on Linux, without perl, or when there is no such program. What it leaves is then known by its
 * session and its environment alone.
 */
export function supervised(program: Program): Pick<Program, "file" | "arguments"> | undefined {
	const number = prctl[process.arch];
	const perl = findProgram("perl", program.environment);
	const file = findProgram(program.file, program.environment);
	if (number === undefined || perl === undefined || file === undefined || childrenOf(process.pid) === undefined) return;
	const script = join(fileURLToPath(new URL(".", import.meta.url)), "supervisor.pl");
	return { file: perl, arguments: [script, String(number), String(process.pid), file, ...program.arguments] };
}

/** Of a program without threads, the oldest first; undefined when there is no such process, or the kernel does not say. */
export function childrenOf(pid: number): readonly number[] | undefined {
	try {
		return (readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").match(/\d+/g) ?? []).map(Number);
	} catch {
		return undefined;
	}
}
