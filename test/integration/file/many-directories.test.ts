import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

/** V8 passes no more arguments to a call than fit on the stack: 120,000 by default, with this one as many as here. */
const stackKilobytes = 100;
const directories = 13_000;

it("a run folder of more directories than a call can have arguments is walked, judged and looked at by doctor", async () => {
	const script = fileURLToPath(new URL("./many-directories.scenario.ts", import.meta.url));
	const options = [`--stack-size=${stackKilobytes}`, "--conditions=source"];
	const { stdout } = await promisify(execFile)(process.execPath, [...options, script, String(directories)]);
	expect(JSON.parse(stdout)).toEqual({
		seen: directories,
		verdict: "complete",
		seenAgain: directories,
		told: expect.stringContaining("13002 directories"),
	});
});
