import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allProcesses, environmentOf } from "#r-workers/processes.ts";
import { createLab } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describe("try that is ended while its analysis loops", () => {
	let lab: Product;
	/** What it makes for itself lies below its TMPDIR, and R has its own there. */
	let place: ReturnType<typeof temporaryDirectory>;

	beforeEach(() => {
		place = temporaryDirectory();
	});
	afterEach(async () => {
		await lab.remove();
		place.remove();
	});

	const below = () => readdirSync(place.path, { recursive: true }).map(String);

	async function workers(): Promise<number[]> {
		const pids: number[] = [];
		for await (const { pid } of allProcesses()) {
			if (environmentOf(pid, "TMPDIR")?.startsWith(`${place.path}/`)) pids.push(pid);
		}
		return pids;
	}

	async function tried(engine: "auto" | "wasm"): Promise<Running> {
		lab = await createLab({
			script: `file.create(file.path(commandArgs(TRUE)[2], "began"))\nrepeat {}\n`,
			more: `pools:\n  default: { engine: ${engine} }\n`,
			environment: { TMPDIR: place.path },
		});
		await lab.write("plate.csv", "1;2;3\n");
		return lab.start("try", "plate.csv", "--pipeline", "count");
	}

	it.each([
		["Ctrl-C", "SIGINT", 130, "auto"],
		["SIGTERM", "SIGTERM", 143, "auto"],
		["Ctrl-C, in webR,", "SIGINT", 130, "wasm"],
	] as const)(
		"by %s ends R, removes its directory and says by which signal it ended",
		async (_, signal, code, engine) => {
			const running = await tried(engine);
			await eventually(
				() => (below().some((name) => name.endsWith("/began")) ? true : undefined),
				() => `R has begun; there is ${below()}`,
			);
			expect(await workers()).not.toEqual([]);
			running.child.kill(signal);
			const ended = await running.ended;
			expect({ code: ended.code, signal: ended.signal }, ended.stderr).toEqual({ code, signal: null });
			expect(below()).toEqual([]);
			expect(await workers()).toEqual([]);
		},
	);

	it("while R starts leaves as little", async () => {
		const running = await tried("auto");
		await eventually(
			async () => ((await workers()).length > 0 ? true : undefined),
			() => "R starts",
		);
		const { code } = await running.stop("SIGINT");
		expect(code).toBe(130);
		expect(below()).toEqual([]);
		expect(await workers()).toEqual([]);
	});
});
