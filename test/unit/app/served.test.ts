import { expect, it } from "vitest";
import { type RunOptions, run } from "#app/up.ts";
import { asWatchRabbitError } from "#core/errors.ts";
import { workspace } from "#test/support/config-workspace.ts";
import { quietLevels } from "#test/support/quiet-levels.ts";
import { until } from "#test/support/spine.ts";

const configuration = `http: { listen: "127.0.0.1:0" }
sources:
  plates: { watch: in }
pipelines:
  count: { from: plates, analysis: a.R }
`;

async function serve(onServed: () => void, atWork: (told: readonly string[]) => Promise<void> = async () => {}) {
	const told: string[] = [];
	const done = new AbortController();
	const options: RunOptions = {
		roles: ["serve"],
		untilIdle: false,
		levels: quietLevels(),
		onServed,
		observe: () => (event) => {
			if ("neighbour" in event && event.neighbour === "disk") told.push(event.event);
		},
		atWork: async () => {
			await atWork(told);
			done.abort();
		},
		onEnding: () => {},
		done: done.signal,
	};
	return await run(await workspace().load(configuration), options);
}

it("a process is at work though there is no room to note where it is served, and notes it once there is", async () => {
	let tries = 0;
	const full = () => {
		if (++tries < 3) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
	};
	const noted = async (told: readonly string[]) => {
		expect(told).toContain("neighbour.away");
		await until("it is noted", () => told.includes("neighbour.back"));
	};
	expect(await serve(full, noted)).toBe(0);
	expect(tries).toBe(3);
});

it("a process ends with why where it is served can never be noted", async () => {
	const refused = asWatchRabbitError(Object.assign(new Error("permission denied"), { code: "EACCES" }));
	const refuse = () => {
		throw refused;
	};
	await expect(serve(refuse)).rejects.toBe(refused);
});
