import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { figure } from "./figure.ts";
import type { Bench } from "./harness.ts";

/** Runs one bench in this process and sends its figures to the process that started it: FILE [--quick]. */
const [file = "", quick] = process.argv.slice(2);
const { bench } = (await import(pathToFileURL(file).href)) as { readonly bench: Bench };
const directory = await mkdtemp(join(tmpdir(), `watchrabbit-bench-${bench.id.toLowerCase()}-`));
try {
	const say = (line: string) => process.stderr.write(`${bench.id}: ${line}\n`);
	const findings = await bench.run({ quick: quick === "--quick", directory, say });
	process.send?.(findings.map((finding) => figure(bench.id, finding)));
} finally {
	await rm(directory, { recursive: true, force: true });
}
