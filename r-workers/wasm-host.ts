import { existsSync, readFileSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { inspect } from "node:util";
import { type REnvironment, WebR } from "webr";
import { packageSources, rSourceFiles } from "./r-sources.ts";
import type { WasmLine } from "./wasm-line.ts";

/**
 * A program: webR for one run. The first line of stdin is the settings as R code, the second a WasmLine. What R prints,
 * frames included, goes to stdout; the end of stdin ends it. It imports nothing that needs this package's own names, so
 * that it runs as it is from source and from dist.
 */
const webR = new WebR({ interactive: false, REnv: { R_HOME: "/usr/lib/R", R_ENABLE_JIT: "0", LANG: "en_US.UTF-8" } });

async function begin(settings: string): Promise<REnvironment> {
	rmdirSync(process.env.TMPDIR ?? ""); // empty, and not needed: webR's temporary files are in its memory
	await webR.init();
	void print();
	const environment = (await webR.evalR("new.env(parent = baseenv())")) as REnvironment;
	for (const file of rSourceFiles("wasm.R")) await evaluate(readFileSync(file, "utf8"), environment);
	for (const [path, content] of packageSources()) await put(`/${path}`, content);
	await evaluate(`start_fresh(${settings}, "/watchrabbit")`, environment);
	return environment;
}

async function evaluate(code: string, env: REnvironment): Promise<void> {
	await webR.evalRVoid(code, {
		env,
		captureStreams: false,
		captureConditions: false,
		captureGraphics: false,
		withHandlers: false,
	});
}

async function print(): Promise<void> {
	for await (const { type, data } of webR.stream()) {
		if (type === "stdout" || type === "stderr") process.stdout.write(`${data}\n`);
		else if (type === "closed") process.exit(1);
	}
}

async function serve({ request, mounts }: WasmLine, environment: REnvironment): Promise<void> {
	for (const directory of mounts.filter((path) => existsSync(path))) await mount(directory);
	await evaluate(`serve_only(${request})`, environment);
}

/** Into webR's memory, where no script can reach what is installed here. */
async function put(path: string, content: Buffer): Promise<void> {
	await makeDirectory(dirname(path));
	await webR.FS.writeFile(path, content);
}

/** The same path inside as outside. */
async function mount(directory: string): Promise<void> {
	await makeDirectory(directory);
	await webR.FS.mount("NODEFS", { root: directory }, directory);
}

async function makeDirectory(directory: string): Promise<void> {
	let path = "";
	for (const part of directory.split("/").slice(1)) {
		path += `/${part}`;
		if (!(await webR.FS.analyzePath(path)).exists) await webR.FS.mkdir(path);
	}
}

/**
 * webR broke. Node would wait for webR's own thread before it ends, which on a busy machine did not come to an end in six of
 * a thousand runs: they were taken for such that ran too long.
 */
process.on("uncaughtException", (thrown) => {
	process.stderr.write(`${inspect(thrown)}\n`);
	process.kill(process.pid, "SIGKILL");
});

let environment: REnvironment | undefined;
for await (const line of createInterface({ input: process.stdin })) {
	if (environment === undefined) environment = await begin(line);
	// Not waited for: while R works, the end of stdin must be heard.
	else void serve(JSON.parse(line), environment);
}
process.exit(0);
