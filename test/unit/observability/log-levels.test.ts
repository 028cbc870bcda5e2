import { beforeEach, describe, expect, it } from "vitest";
import { LogLevels } from "#observability/log-levels.ts";
import { createLogger, type Logger } from "#observability/logger.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

describe("how much a process says", () => {
	let lines: string[];
	let logger: Logger;
	let clock: ManualClock;
	let levels: LogLevels;
	beforeEach(() => {
		lines = [];
		const stream = { write: (line: string) => void lines.push(line) };
		logger = createLogger({ level: "info", pretty: false, colours: false, stream });
		clock = new ManualClock();
		levels = new LogLevels(logger, clock);
	});

	it("is changed while it runs, and stays", () => {
		expect(levels.set("debug")).toEqual({ level: "debug", usual: "debug", backAt: undefined });
		logger.debug("heard");
		expect(lines.at(-1)).toContain("heard");
	});

	it("goes back by itself after the time that was asked for", async () => {
		expect(levels.set("trace", 60_000)).toEqual({ level: "trace", usual: "info", backAt: clock.now() + 60_000 });
		await clock.advance(59_999);
		expect(logger.level).toBe("trace");
		await clock.advance(1);
		expect([logger.level, levels.now]).toEqual(["info", { level: "info", usual: "info", backAt: undefined }]);
	});

	it("goes back to the usual, and not to what was asked for before; the last time counts", async () => {
		levels.set("debug", 10_000);
		levels.set("trace", 20_000);
		await clock.advance(10_000);
		expect(logger.level).toBe("trace");
		await clock.advance(10_000);
		expect(logger.level).toBe("info");
	});

	it("changes by a signal, for ten minutes, and back by the next one", async () => {
		levels.knock();
		expect(levels.now).toEqual({ level: "debug", usual: "info", backAt: clock.now() + 600_000 });
		levels.knock();
		expect(levels.now).toEqual({ level: "info", usual: "info", backAt: undefined });
		levels.knock();
		await clock.advance(600_000);
		expect(logger.level).toBe("info");
	});

	it("is told, also where it falls silent or begins to speak", () => {
		levels.set("silent");
		expect(lines.at(-1)).toContain("says from now on what is silent and more");
		levels.set("warn");
		expect(lines).toHaveLength(1);
		levels.set("info");
		expect(lines.at(-1)).toContain("what is info");
	});

	it("changes no more when the process ends", async () => {
		levels.set("debug", 1_000);
		levels.close();
		await clock.advance(2_000);
		expect(logger.level).toBe("debug");
	});
});
