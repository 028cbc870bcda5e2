import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DebianRoot } from "./matrix/debian-root.ts";
import { pageOf, type Run, recorded } from "./matrix/record.ts";
import { debianPackages, type Suite, suites, type Version, versions } from "./matrix/versions.ts";
import { provideServices } from "./provide-services.ts";
import { isUrl, search, services } from "./services.ts";
import { type FileReport, tallyOf } from "./tally.ts";
import { cacheDirectory, download } from "./ways.ts";

/** `npm run test:matrix [-- --only rabbitmq-4.3] [--suite chaos]`: suites on every supported version of the servers and of R. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const recordFile = join(root, "deploy/supported-versions.json");
const pageFile = join(root, "deploy/supported-versions.md");
/** Only root can have other releases of Debian, and servers that are not root run from there. */
const cache = "/var/cache/watchrabbit/matrix";
/** What the tests are, and the instruments' files. */
const readByR = [root, join(root, "../shared/data")].filter((path) => existsSync(path));
const roots = new Map<string, DebianRoot>();
const say = (line: string) => console.log(`matrix: ${line}`);

/** A program for Node. */
const saysItsVersion = `
import { WebR } from "webr";
const webR = new WebR({ interactive: false });
await webR.init();
console.log(webR.versionR);
webR.close();`;

interface Provided {
	/** By which the tests are told of it. */
	readonly environment: NodeJS.ProcessEnv;
	readonly program: string;
	readonly version: string;
}

const { only, suite: onlySuite } = asked();
let failed = 0;
const missing: string[] = [];
// An interrupt ends with what is mounted unmounted.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
for (const version of versions.filter(({ name }) => only === undefined || only.includes(name))) {
	const provided = provide(version);
	if (typeof provided === "string") {
		missing.push(`${version.name}: ${provided}`);
		say(`${version.name} cannot be had: ${provided}`);
		continue;
	}
	for (const suite of suites) {
		if (!suite.of.includes(version.service) || (onlySuite !== undefined && suite.name !== onlySuite)) continue;
		const run = runOf(version, suite, provided);
		failed += run.failed;
		say(
			`${version.name} (${run.version}), ${run.suite}: ${run.passed} passed, ${run.failed} failed, ${run.skipped} skipped`,
		);
		const runs = existsSync(recordFile) ? (JSON.parse(readFileSync(recordFile, "utf8")) as Run[]) : [];
		const now = recorded(runs, run);
		writeFileSync(recordFile, `${JSON.stringify(now, undefined, "\t")}\n`);
		writeFileSync(pageFile, pageOf(now));
	}
}
for (const one of roots.values()) one.end();
for (const one of missing) console.log(`not run: ${one}`);
process.exitCode = failed > 0 || missing.length > 0 ? 1 : 0;

function asked() {
	const { values } = parseArgs({
		options: { only: { type: "string", multiple: true }, suite: { type: "string" } },
	});
	const known = versions.map(({ name }) => name);
	const unknown = values.only?.find((name) => !known.includes(name));
	if (unknown === undefined && (values.suite === undefined || suites.some(({ name }) => name === values.suite)))
		return values;
	console.error(`matrix: versions are ${known.join(", ")}; suites are ${suites.map(({ name }) => name).join(", ")}`);
	process.exit(2);
}

/** Or why it cannot be had. */
function provide(version: Version): Provided | string {
	const at = programOf(version);
	if (typeof at === "string") return at;
	const said = versionOf(version, at.program);
	if (said.startsWith(version.version)) return { ...at, version: said };
	return `what is there is ${said === "" ? "of a version that it does not tell" : said}`;
}

function programOf({ service, from, name }: Version): Omit<Provided, "version"> | string {
	if (service === "webr") return { environment: {}, program: process.execPath };
	const { variable } = services[service];
	if (from.kind === "go") {
		const directory = cacheDirectory(name.replace(/-.*/, ""), process.env);
		const program = join(directory, "bin", name.replace(/-.*/, ""));
		if (!existsSync(program)) download(from, directory, process.env, say);
		return existsSync(program)
			? { environment: { [variable]: program }, program }
			: `go could not build ${from.program}`;
	}
	if (from.kind === "debian") {
		const { packages, directory, programs } = debianPackages[service as keyof typeof debianPackages];
		const debian = roots.get(from.release) ?? new DebianRoot(from.release, cache, readByR);
		roots.set(from.release, debian);
		const trouble = debian.provide(packages, say);
		if (trouble !== undefined) return trouble;
		debian.knows("postgres");
		const bin = debian.programs(directory, programs, join(cache, "bin", name));
		const program = join(bin, programs[0]);
		// A pool takes the first R in the PATH, and R's own tools lie beside it.
		const first = service === "r" ? { PATH: `${bin}${delimiter}${process.env.PATH}` } : {};
		return { environment: { ...first, [variable]: program }, program };
	}
	provideServices(process.env, say, [services[service]]).end();
	const found = search(services[service], process.env);
	if (!found.found) return found.missing;
	return isUrl(found.at) ? "it is given by its URL" : { environment: { [variable]: found.at }, program: found.at };
}

/** As the program says it itself; what Go built has that written into it. */
function versionOf({ service, from }: Version, program: string): string {
	const [command, ...args] = asked();
	const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
	if (from.kind === "go") return /\tmod\t\S+\tv(\S+)/.exec(stdout)?.[1] ?? "";
	return /\d+\.\d+(?:\.\d+)*/.exec(`${stdout}${stderr}`)?.[0] ?? "";

	function asked(): [string, ...string[]] {
		if (from.kind === "go") return ["go", "version", "-m", program];
		if (service === "rabbitmq") return [join(dirname(program), "rabbitmqctl"), "version"];
		if (service === "webr") return [program, "--input-type=module", "--eval", saysItsVersion];
		return [program, service === "s3" ? "version" : "--version"];
	}
}

function runOf({ name, service }: Version, suite: Suite, { environment: told, version }: Provided): Run {
	const named = { ...process.env, ...told };
	const others = suite.needs.filter((need) => need !== service).map((need) => services[need]);
	const { environment, end } = provideServices(named, say, others);
	const scratch = mkdtempSync(join(tmpdir(), "watchrabbit-matrix-"));
	const report = join(scratch, "report.json");
	try {
		const vitest = fileURLToPath(import.meta.resolve("vitest/package.json").replace("package.json", "vitest.mjs"));
		const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
		const { status } = spawnSync(process.execPath, [vitest, "run", ...reporters, ...suite.vitest(service)], {
			cwd: root,
			// What is missing is a failure here: nobody asks for a version to have it skipped.
			env: { ...environment, CI: "true" },
			stdio: ["ignore", "inherit", "inherit"],
		});
		const files = existsSync(report)
			? (JSON.parse(readFileSync(report, "utf8")) as { testResults: FileReport[] }).testResults
			: undefined;
		const { passed, failed, skipped } = tallyOf(files, status);
		const date = new Date().toISOString().slice(0, 10);
		return { name, suite: suite.name, version, passed, failed, skipped, date };
	} finally {
		end();
		rmSync(scratch, { recursive: true, force: true });
	}
}
