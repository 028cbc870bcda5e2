/**
 * The first half of every npm script, on whatever Node the machine has (20 or newer) and with nothing installed:
 * installs what is missing, and sees to it that a Node new enough comes first in the PATH of what follows. Silent when
 * all is there; what it says goes to stderr, because stdout belongs to what follows. It is called by the scripts, not
 * by npm's `pre` hooks, which a machine with `ignore-scripts=true` never runs.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = join(root, "node_modules");
const manifest = readJson(join(root, "package.json"));
/** Without a network npm would try for more than a minute before it says so. */
const patience = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
const neededMajor = Number(/\d+/.exec(manifest.engines.node)?.[0]);

const lacking = whatIsLacking();
if (lacking !== undefined) await install(lacking);
await ensureNode();

/** Why the packages must be installed; undefined if they need not. What is there is compared, not when it came. */
function whatIsLacking() {
	const wanted = readJson(join(root, "package-lock.json")).packages;
	const installed = readJson(join(modules, ".package-lock.json"))?.packages;
	if (installed === undefined) return "nothing is installed yet";
	if (Object.values(installed).some((entry) => !isForThisPlatform(entry)))
		return "node_modules is from another platform";
	for (const [path, entry] of Object.entries(wanted)) {
		if (path === "" || (entry.optional && installed[path] === undefined)) continue;
		if (installed[path]?.version !== entry.version || !existsSync(join(root, path))) {
			return `${path.replace(/^.*node_modules\//, "")} ${entry.version} is not installed`;
		}
	}
	return undefined;
}

/** The lists of npm's `os` and `cpu` fields: names, or names to exclude with a "!". */
function isForThisPlatform({ os = [], cpu = [] }) {
	const fits = (list, here) =>
		list.length === 0 || list.includes(here) || (list[0].startsWith("!") && !list.includes(`!${here}`));
	return fits(os, process.platform) && fits(cpu, process.arch);
}

async function install(reason) {
	say(`${reason}; installing the packages (once, about half a minute)...`);
	const started = Date.now();
	// Development packages also where NODE_ENV=production: a checkout runs from source.
	const { code, output } = await npm("ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error", ...patience);
	if (code === 0) return say(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
	tellInShort(output);
	if (/EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED/.test(output)) {
		stop(
			3,
			"the npm registry could not be reached. Connect to the network (or name a registry or proxy: npm config set registry URL, npm config set proxy URL) and run the same command again; it is needed once.",
		);
	}
	stop(1, "npm ci failed; its own words are above.");
}

/** The pinned Node where it runs; else the machine's, if it is new enough; else an end with words. */
async function ensureNode() {
	const pinned = join(modules, ".bin", "node");
	const runs = () => existsSync(pinned) && spawnSync(pinned, ["--version"]).status === 0;
	if (runs()) return;
	// Its install script was not run, or failed: once more, under the project's allowScripts.
	const { output } = await npm("rebuild", "node", "--loglevel=error");
	if (runs()) return;
	// What cannot run here (musl, an unusual processor) must not stand in the way either.
	rmSync(pinned, { force: true });
	const here = `Node ${process.versions.node}`;
	if (Number(process.versions.node.split(".")[0]) >= neededMajor)
		return say(`the pinned Node ${manifest.devDependencies.node} cannot run here; using this machine's ${here}`);
	tellInShort(output);
	stop(
		3,
		`needs Node ${neededMajor} or newer; this machine has ${here}, and the pinned Node could not be installed. Install Node ${neededMajor}, or let npm run its install script (npm rebuild node --ignore-scripts=false), and run the same command again.`,
	);
}

/** The npm that runs this script, under the same Node. */
function npm(...args) {
	const own = process.env.npm_execpath;
	const [command, first] =
		own !== undefined && basename(own).startsWith("npm") ? [process.execPath, [own]] : ["npm", []];
	return new Promise((resolve) => {
		const child = spawn(command, [...first, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.resume();
		child.stderr.on("data", (chunk) => {
			output += chunk;
		});
		child.on("error", (error) => resolve({ code: 1, output: `${error.message}\n` }));
		child.on("close", (code) => resolve({ code, output }));
	});
}

function readJson(file) {
	return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** npm's own words without its stack traces and empty lines. */
function tellInShort(output) {
	const lines = output.split("\n").filter((line) => /^npm error [^\s}]|^(?!npm error)\S/.test(line));
	process.stderr.write(`${lines.slice(0, 8).join("\n")}\n`);
}

function say(line) {
	process.stderr.write(`watchrabbit: ${line}\n`);
}

function stop(code, line) {
	say(line);
	process.exit(code);
}
