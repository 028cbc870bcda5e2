import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, it } from "vitest";
import { collectedSpans } from "#test/support/collected-spans.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { until } from "#test/support/spine.ts";
import { WorkLab } from "#test/support/work-lab.ts";

describeWith("r", "a job that the catalog refuses for good", () => {
	let lab: WorkLab;
	const collected = collectedSpans();
	const failed = () =>
		collected.spans.flatMap(({ name, failure }) => (failure === undefined ? [] : [[name, failure.code]]));
	afterEach(() => lab.close());

	/** Two files, the first of which is the one that is refused. */
	async function settled(script: string): Promise<string[]> {
		const retry = { attempts: 1, backoffMs: 1, maxBackoffMs: 1 };
		collected.spans.length = 0;
		lab = await WorkLab.open(requireR(), script, { retry }, { tracer: collected.tracer });
		lab.write("a.csv", "poison");
		lab.write("b.csv", "fine");
		return [await lab.settle("a.csv"), await lab.settle("b.csv")];
	}

	function alter(statement: string): void {
		const database = new DatabaseSync(join(lab.spine.path, "catalog.db"));
		database.exec(statement);
		database.close();
	}

	const refuse = (event: string, when: string) =>
		alter(`create trigger refuse before ${event} when ${when} begin select raise(abort, 'it cannot be stored'); end`);
	const failing = `args <- commandArgs(trailingOnly = TRUE)
stop(readLines(args[1], warn = FALSE))
`;

	it("is dead with the reason when it cannot be claimed, and others are run", async () => {
		const [poison = "", fine = ""] = await settled("wr_measure('n', 1)\n");
		alter(`delete from acquisition_jobs where job = '${poison}'`);
		lab.start();
		await lab.becomes(fine, "completed");
		await lab.becomes(poison, "dead");
		expect(await lab.spine.catalog.job(poison)).toMatchObject({ cause: { code: "JOB_OF_NOTHING" } });
		expect(lab.spine.events("job.refused")).toMatchObject([{ job: poison }]);
		expect(failed()).toEqual([["claim", "JOB_OF_NOTHING"]]);
		await until("no hint is left", async () => (await lab.spine.queue.depth("default")).leased === 0);
		expect(await lab.spine.queue.deadLetters()).toEqual([]);
	});

	it("is dead with the reason when the end of its attempt cannot be written, and others are run", async () => {
		const [poison = "", fine = ""] = await settled(failing);
		refuse("update of cause on attempts", "new.cause like '%poison%'");
		lab.start();
		await lab.becomes(fine, "dead");
		await lab.becomes(poison, "dead");
		expect(await lab.spine.catalog.job(poison)).toMatchObject({
			cause: { code: "DATABASE_CONSTRAINT", message: expect.stringContaining("it cannot be stored") },
			attempts: [{ outcome: "failed" }],
		});
	});

	it("has its message kept, with the reason, when not even that can be written, and others are run", async () => {
		const [poison = "", fine = ""] = await settled(failing);
		refuse("update on jobs", `new.id = '${poison}' and new.state <> 'running'`);
		lab.start();
		await lab.becomes(fine, "dead");
		await until("its message is kept", async () => (await lab.spine.queue.deadLetters()).length === 1);
		expect(await lab.spine.queue.deadLetters()).toMatchObject([
			{ body: expect.stringContaining(poison), reason: expect.stringContaining("it cannot be stored") },
		]);
		await until("it is told", async () => lab.spine.events("message.buried").length === 1);
	});
});
