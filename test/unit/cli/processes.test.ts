import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { Application, LocalProcess } from "#cli/application.ts";
import { createProgram } from "#cli/program.ts";
import { paper } from "#test/support/small-lab.ts";

const answers: Readonly<Record<string, object>> = {
	"/health": { ok: true, live: true, draining: false, at: new Date(0).toISOString(), dependencies: [], alerts: [] },
	"/api/v1/alerts": { items: [] },
	"/log-level": { level: "info", usual: "info", backAt: null },
};

/** Answers, or ends every connection without a word. */
async function process(pid: number, isSilent: boolean): Promise<LocalProcess> {
	const server = createServer(({ url, socket }, response) => {
		if (isSilent) socket.destroy();
		else response.end(JSON.stringify(answers[String(url)]));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => {
		server.close();
		server.closeAllConnections();
	});
	const { port } = server.address() as AddressInfo;
	return { pid, startedAt: "", command: "up", address: `http://127.0.0.1:${port}` };
}

async function run(command: string, ...processes: readonly LocalProcess[]) {
	const { terminal, printed } = paper("/lab");
	const elsewhere = () => Promise.reject(new Error("not asked"));
	const application: Application = {
		open: elsewhere,
		openStore: elsewhere,
		operate: elsewhere,
		processes: async () => processes,
		up: elsewhere,
		demo: elsewhere,
		tryAnalysis: elsewhere,
		machine: { services: async function* () {}, watchMode: elsewhere, findProgram: () => undefined },
	};
	const exitCode = await createProgram(application, terminal).run([command]);
	return { exitCode, ...printed() };
}

it.each([
	["health", /process 2 is well/],
	["alerts", /nothing is wrong with those that answer/],
	["log-level", /2 +info/],
])("%s shows what answers, names what does not, and ends with 1", async (command, shown) => {
	const silent = await process(1, true);
	const { exitCode, stdout, stderr } = await run(command, silent, await process(2, false));
	expect(stdout + stderr).toMatch(shown);
	expect(stderr).toContain(`process 1 does not answer at ${silent.address}\n→ Ask again`);
	expect(exitCode).toBe(1);
	expect(await run(command, await process(2, false))).toMatchObject({ exitCode: 0 });
});

it("is out of reach where none answers, and says so of each", async () => {
	const { exitCode, stderr } = await run("health", await process(1, true), await process(2, true));
	expect(stderr).toMatch(/PROCESS_SILENT.*process 1 does not answer.*process 2 does not answer/);
	expect(exitCode).toBe(3);
});
