import { once } from "node:events";
import { mkdirSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Machine } from "#cli/application.ts";
import { checkData, diskClockFinding, spaceFinding } from "#cli/doctor/check-data.ts";
import { checkClock, checkNode, checkPort } from "#cli/doctor/check-machine.ts";
import { checkR } from "#cli/doctor/check-r.ts";
import { limitFinding } from "#cli/doctor/check-sources.ts";
import { examine } from "#cli/doctor/examine.ts";
import type { Finding } from "#cli/doctor/finding.ts";
import { watchMode } from "#connectors/file/file-system-type.ts";
import { minimal, workspace } from "#test/support/config-workspace.ts";
import { noServices } from "#test/support/embedded.ts";
import { poolSettings } from "#test/support/pool-settings.ts";

/** A machine without R. */
const bare: Machine = { services: noServices, watchMode, findProgram: () => undefined };

const pool = poolSettings();

async function findingsIn(directory: string): Promise<Finding[]> {
	const findings: Finding[] = [];
	const place = { config: undefined, directory, environment: {} };
	for await (const finding of examine(place, bare, opens)) findings.push(finding);
	return findings;
}

const opens = async () => ({ close: async () => {} });
const free = "http: { listen: '127.0.0.1:0' }\n";

test("a right configuration on a machine without R has nothing to mend, and says that webR is used", async () => {
	const { directory, write } = workspace();
	write("watchrabbit.yaml", minimal + free);
	const findings = await findingsIn(directory);
	expect(findings.filter(({ state }) => state === "problem")).toEqual([]);
	expect(findings.find(({ check }) => check === "R")).toEqual({
		check: "R",
		subject: "pool default",
		state: "warning",
		says: "there is no Rscript in PATH: analyses run in webR (R in WebAssembly)",
		fix: "Install R for speed and for packages, or write engine: wasm.",
	});
	expect(findings.map(({ check, subject }) => `${check} ${subject}`.replace(directory, "DIR"))).toEqual([
		"node machine",
		"clock machine",
		"configuration DIR/watchrabbit.yaml",
		"R pool default",
		"permissions source plates",
		"watching source plates",
		"watching inotify",
		"permissions data",
		"clock data",
		"disk data",
		"port http",
	]);
});

test("whatever is not ok says what to do", async () => {
	const { directory, write } = workspace();
	write("watchrabbit.yaml", `${minimal.replace("watch: in", "watch: away")}dta: x\n`);
	for (const { state, fix } of await findingsIn(directory)) expect(fix === undefined).toBe(state === "ok");
});

test("a configuration that is refused does not hide the rest", async () => {
	const { directory, write } = workspace();
	write("watchrabbit.yaml", minimal.replace("watch: in", "watch: away") + free);
	const problems = (await findingsIn(directory)).filter(({ state }) => state === "problem");
	expect(problems.map(({ check, subject }) => [check, subject])).toEqual([
		["configuration", "watchrabbit.yaml:2:20"],
		["permissions", "source plates"],
	]);
	write("watchrabbit.yaml", "sources: [");
	const checks = (await findingsIn(directory)).map(({ check }) => check);
	expect(checks).toEqual(["node", "clock", "configuration", "R"]);
});

describe("R", () => {
	test("missing where it is asked for is to be mended", async () => {
		expect(await checkR([{ ...pool, engine: "fork" }], bare)).toEqual([
			{
				check: "R",
				subject: "pool default",
				state: "problem",
				says: "engine: fork, but there is no Rscript in PATH",
				fix: "Install R (https://cran.r-project.org), set rscript, or write engine: wasm.",
			},
		]);
	});

	test("missing packages matter to webR as well", async () => {
		const findings = await checkR([{ ...pool, engine: "wasm", preload: ["ggplot2"] }], bare);
		expect(findings.map(({ check, state }) => [check, state])).toEqual([
			["R", "ok"],
			["packages", "warning"],
		]);
	});

	test("that does not run is to be mended", async () => {
		const { directory } = workspace();
		const [finding] = await checkR([{ ...pool, rscript: join(directory, "Rscript") }], bare);
		expect(finding).toMatchObject({ state: "problem", says: `${join(directory, "Rscript")} does not run (ENOENT)` });
	});
});

describe("the machine", () => {
	test("has a clock and a Node that can be right", () => {
		expect(checkClock(new Date("1970-01-02")).state).toBe("problem");
		expect(checkClock(new Date("2026-12-01")).state).toBe("ok");
		expect(checkNode("20.1.0").state).toBe("problem");
		expect(checkNode("24.0.0").state).toBe("ok");
	});

	test("has a limit of watches, which is said before it is reached", () => {
		expect(limitFinding(10, 8192).state).toBe("ok");
		expect(limitFinding(5_000, 8192).state).toBe("warning");
		expect(limitFinding(9_000, 8192)).toMatchObject({
			state: "problem",
			says: "9000 directories to watch, of 8192 watches that a user may hold",
			fix: expect.stringContaining("sudo sysctl fs.inotify.max_user_watches=18000"),
		});
	});

	test("has a port that is free, taken, or ours", async () => {
		const server = createServer((_request, response) => response.end("hello"));
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		onTestFinished(() => void server.close());
		const { port } = server.address() as AddressInfo;
		expect((await checkPort({ host: "127.0.0.1", port: 0 })).state).toBe("ok");
		const taken = await checkPort({ host: "127.0.0.1", port });
		expect(taken).toMatchObject({ state: "problem", says: `127.0.0.1:${port} cannot be listened on (EADDRINUSE)` });
		server.removeAllListeners("request").on("request", (_request, response) => response.end('{"items":[]}'));
		expect((await checkPort({ host: "127.0.0.1", port })).says).toBe(
			`127.0.0.1:${port} is served by a running watchrabbit`,
		);
	});
});

describe("the data directory", () => {
	test("need not be there, but has to be where one can write", async () => {
		const { directory, write } = workspace();
		const [written] = await checkData(join(directory, "a/b"));
		expect(written).toMatchObject({ state: "ok", says: `${directory}/a/b is not there yet, and can be made` });
		write("file", "");
		const under = await checkData("/proc/watchrabbit");
		expect(under).toMatchObject([{ check: "permissions", state: "problem" }]);
	});

	test("has room, and a clock", () => {
		expect([1e6, 1e9, 1e12].map((bytes) => spaceFinding("d", bytes).state)).toEqual(["problem", "warning", "ok"]);
		expect([0, 5_000, -5_000].map((ms) => diskClockFinding(ms).state)).toEqual(["ok", "warning", "warning"]);
	});
});

test("a share whose clock is ahead is noticed", async () => {
	const { directory, write } = workspace();
	write("watchrabbit.yaml", minimal + free);
	mkdirSync(join(directory, "in"), { recursive: true });
	const ahead = Date.now() / 1000 + 3600;
	utimesSync(join(directory, "in"), ahead, ahead);
	const finding = (await findingsIn(directory)).find(
		({ check, subject }) => check === "clock" && subject === "source plates",
	);
	expect(finding).toMatchObject({ state: "warning", says: expect.stringMatching(/is 3\d\d\d s ahead of ours$/) });
});
