import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { kill, killGroup, whyNot } from "#r-workers/kill.ts";
import { type ProcessEntry, processEntry } from "#r-workers/processes.ts";

const entry = (fields: Partial<ProcessEntry>): ProcessEntry => ({
	pid: 4242,
	state: "S",
	group: 4242,
	session: 4242,
	startTicks: 1,
	...fields,
});

describe("what is never killed", () => {
	const neverKilled = [0, -0, -1, 1, -4242, Number.NaN, Number("no pid"), 1.5, process.pid, process.ppid];
	// No signal leaves this process here, even if the guard were broken.
	let sent: MockInstance<typeof process.kill>;
	beforeEach(() => {
		sent = vi.spyOn(process, "kill").mockReturnValue(true);
	});
	afterEach(() => sent.mockRestore());

	test.each(neverKilled)("%s is refused, as a process and as a group, and no signal is sent", (pid) => {
		expect(whyNot(pid)).toBeTypeOf("string");
		expect(() => kill(pid, () => true)).toThrow(/^refused to kill/);
		expect(() => killGroup(pid)).toThrow(expect.objectContaining({ code: "KILL_REFUSED", class: "fault" }));
		expect(sent).not.toHaveBeenCalled();
	});

	test("a process of our own group, and one of the system's own session", () => {
		const self = entry({ pid: process.pid, group: 77, session: 7 });
		expect(whyNot(4242, self, entry({ group: 77 }))).toBe("it is in this program's own process group");
		expect(whyNot(4242, self, entry({ session: 0 }))).toBe("it belongs to the system");
		expect(whyNot(4242, self, entry({}))).toBeUndefined();
	});

	test("a pid that another process has by now", () => {
		expect(kill(anyOtherGroup(), () => false)).toBe(false);
		expect(sent).not.toHaveBeenCalled();
	});
});

/** A pid that the guard lets pass, though nobody has it. */
const anyOtherGroup = () => 2 ** 31 - 2;

describe("what is killed", () => {
	test("a process in a session of its own, if it is the one that was meant", async () => {
		const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
		const pid = child.pid as number;
		const meant = processEntry(pid) as ProcessEntry;
		expect(kill(pid, (now) => now.startTicks === meant.startTicks + 1)).toBe(false);
		expect(child.signalCode).toBeNull();
		const exited = once(child, "exit");
		expect(kill(pid, (now) => now.startTicks === meant.startTicks)).toBe(true);
		expect(await exited).toEqual([null, "SIGKILL"]);
		expect(kill(pid, () => true)).toBe(false);
	});

	test.runIf(process.getuid?.() === 0)("what belongs to another user is said not to be ours to kill", async () => {
		const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
		const program = `import { kill } from "#r-workers/kill.ts"; try { kill(${child.pid}, () => true) } catch (e) { console.log(e.code, e.message) }`;
		const asNobody = { uid: 65534, gid: 65534, cwd: fileURLToPath(new URL("../../..", import.meta.url)) };
		const options = ["--conditions=source", "--input-type=module", "--eval", program];
		const { stdout } = await promisify(execFile)(process.execPath, options, asNobody);
		expect(stdout).toBe(`KILL_REFUSED refused to kill ${child.pid}: it belongs to another user\n`);
		const exited = once(child, "exit");
		child.kill("SIGKILL");
		await exited;
	});
});
