import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLab } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";

interface Level {
	readonly pid: number;
	readonly level: string;
	readonly usual: string;
	readonly backAt: string | null;
}

const quiet = { WATCHRABBIT_LOG_LEVEL: "warn" };

describe("a process that runs", () => {
	let lab: Product;
	let up: Running;
	let address: string;
	beforeAll(async () => {
		lab = await createLab({ more: "", environment: { WATCHRABBIT_LOG_LEVEL: "info" } });
		up = lab.start("up", "--json");
		await up.says(/at work/);
		address = await up.address();
	});
	afterAll(() => lab.remove());

	const put = (body: object, headers: Record<string, string> = {}) =>
		fetch(`${address}/log-level`, {
			method: "PUT",
			headers: { "content-type": "application/json", ...headers },
			body: JSON.stringify(body),
		});

	it("says in each line of its log which one it is", () => {
		const lines = up.output.split("\n").filter((line) => line !== "");
		for (const line of lines) {
			expect(JSON.parse(line)).toMatchObject({
				host: expect.any(String),
				pid: up.child.pid,
				roles: "watch,flow,work,serve",
				version: expect.stringMatching(/^\d+\.\d+\.\d+/),
			});
			// Of a name that is there twice nobody can say which one is read.
			expect(line.match(/"roles":/g)).toHaveLength(1);
		}
	});

	it("tells more while it is asked to, by the command, and as much as before when the time is over", async () => {
		const changed = await lab.json<Level>("log-level", "debug", "--for", "1h");
		expect(changed).toMatchObject([{ pid: up.child.pid, level: "debug", usual: "info" }]);
		await lab.write("data/plate.csv", "1;2;3\n");
		await up.says(/"level":"debug".*"event":"job.started".*"acquisition":"plate.csv"/);
		await lab.json<Level>("log-level", "debug", "--for", "1s");
		await eventually(
			async () => ((await lab.json<Level>("log-level"))[0]?.level === "info" ? true : undefined),
			() => "it says as much as usual again",
		);
		const { stdout } = await lab.run("log-level");
		expect(stdout).toMatch(/PROCESS {2}LEVEL\n\d+ +info\n/);
	});

	it("is told by a signal where nothing is served", async () => {
		up.child.kill("SIGUSR2");
		await up.says(/says from now on what is debug and more until/);
		expect(await (await fetch(`${address}/log-level`)).json()).toMatchObject({ level: "debug", usual: "info" });
		up.child.kill("SIGUSR2");
		await up.says(/says from now on what is info and more"/);
	});

	it("refuses levels and times that are none, and pages in a browser", async () => {
		expect((await put({ level: "loud" })).status).toBe(422);
		expect((await put({ level: "debug", for: "a while" })).status).toBe(422);
		expect((await put({ level: "debug" }, { origin: "http://lab.example" })).status).toBe(403);
		expect(await (await fetch(`${address}/log-level`)).json()).toEqual({ level: "info", usual: "info", backAt: null });
		expect(await lab.run("log-level", "loud")).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("trace, debug"),
		});
	});

	it("ends at once, though its log was to go back later", async () => {
		await put({ level: "debug", for: "1h" });
		expect(await up.stop()).toMatchObject({ code: 0 });
		expect(await lab.run("log-level")).toMatchObject({ code: 3, stderr: expect.stringContaining("nothing runs") });
	});
});

it("a process without an address is told by a signal, and the command says how", async () => {
	const lab = await createLab({ environment: quiet });
	try {
		const up = lab.start("up", "--roles", "watch", "--json");
		await eventually(
			async () => ((await lab.run("log-level")).stderr.includes(`kill -USR2 ${up.child.pid}`) ? true : undefined),
			() => "the command says which signal to send",
		);
		up.child.kill("SIGUSR2");
		await up.says(/what is debug and more until/);
		await up.stop();
	} finally {
		await lab.remove();
	}
});
