import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Figure } from "./figure.ts";
import type { Bench } from "./harness.ts";
import { describeMachine } from "./machine.ts";
import { renderFigures } from "./report.ts";

/** `npm run bench -- [ID...] [--quick] [--json]`: all benches without an ID. Exit code 1 when a bench broke; a missed goal is a figure, not a failure. */
const here = fileURLToPath(new URL(".", import.meta.url));
const { values: options, positionals: wanted } = parseArgs({
	allowPositionals: true,
	options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});

interface Found {
	readonly file: string;
	readonly bench: Bench;
}

const found: Found[] = [];
for (const name of globSync("{micro,scenarios}/*.ts", { cwd: here })) {
	const file = join(here, name);
	const { bench } = (await import(pathToFileURL(file).href)) as { readonly bench: Bench };
	found.push({ file, bench });
}
found.sort((a, b) => a.bench.id.localeCompare(b.bench.id, "en", { numeric: true }));
const ids = found.map(({ bench }) => bench.id);
const unknown = wanted.filter((id) => !ids.includes(id.toUpperCase()));
if (unknown.length > 0) {
	console.error(`There is no bench ${unknown.join(", ")}. There are ${ids.join(", ")}.`);
	process.exit(2);
}

const built = spawnSync(process.execPath, [join(here, "../deploy/dev/build.ts")], { stdio: ["ignore", 2, 2] });
if (built.status !== 0) process.exit(1);

const machine = describeMachine();
if (!options.json) console.log(machine);
const figures: Figure[] = [];
for (const { file, bench } of found) {
	if (wanted.length > 0 && !wanted.some((id) => id.toUpperCase() === bench.id)) continue;
	console.error(`${bench.id}: ${bench.title}`);
	const measured = await runOne(file);
	if (measured === undefined) process.exitCode = 1;
	for (const figure of measured ?? []) {
		figures.push(figure);
		if (options.json) console.log(JSON.stringify({ ...figure, machine }));
	}
}
if (!options.json) console.log(renderFigures(figures));

async function runOne(file: string): Promise<readonly Figure[] | undefined> {
	const child = fork(join(here, "one.ts"), [file, ...(options.quick ? ["--quick"] : [])], {
		execArgv: ["--conditions=source", "--expose-gc"],
		stdio: ["ignore", 2, 2, "ipc"],
	});
	let measured: readonly Figure[] | undefined;
	child.on("message", (message) => {
		measured = message as readonly Figure[];
	});
	await once(child, "exit");
	return measured;
}
