import { describe, expect, it } from "vitest";
import { eventually } from "#test/support/product.ts";
import { describeWith } from "#test/support/services.ts";
import { expectAllAccountedFor } from "./accounts.ts";
import { dyingAt } from "./dying.ts";
import type { RoleProcess } from "./role-process.ts";
import type { Site } from "./site.ts";
import { useSites } from "./sites.ts";
import { dyingWords, type Step, steps } from "./steps.ts";
import { ask, keysIn, walkCatalog, walkLedger } from "./walk.ts";

const fileOf = (step: Step) => `${step}.txt`;

describe("a process that is killed between two steps on the way of a file", () => {
	describeWith(["r", "rabbitmq", "postgres", "s3", "redis", "toxiproxy"], "once it runs again", () => {
		const sites = useSites();
		let site: Site;

		/** Lets the only process of the role die there with a file; gives what it says was under way. */
		async function dies(step: Step): Promise<string> {
			const process = site.roles.find(({ role }) => role === steps[step]) as RoleProcess;
			await process.running.stop();
			const dying = process.launch(dyingAt(step, 1));
			await dying.says(/at work/);
			await site.write(fileOf(step), `${step}\n`);
			const { signal, stderr } = await dying.ended;
			expect(signal, stderr.slice(-2_000)).toBe("SIGKILL");
			const [, what] = stderr.split(dyingWords(step));
			expect(what, stderr.slice(-2_000)).toBeDefined();
			return (what as string).trim();
		}

		async function startsAgain(step: Step): Promise<void> {
			await site.roles.find(({ role }) => role === steps[step])?.start();
		}

		const storedBy = async (attempt: string) => {
			const { url, credentials } = site.services.direct.s3;
			const keys = await keysIn({ endpoint: url, credentials }, site.at.bucket);
			return keys.filter((key) => key.startsWith(`results/${attempt}/`)).map((key) => key.split("/").at(-1));
		};
		const resultsOf = async (attempt: string) => {
			const { results } = await walkCatalog(site.at.database);
			return results.filter(({ job }) => attempt.startsWith(`${job}-`));
		};

		it(
			"goes on from each of them: every file has one result",
			async () => {
				site = await sites.begin({ roles: ["watch", "flow", "work"] });
				const { database, lab } = site.at;

				await dies("after-publish");
				await eventually(
					async () => ((await walkCatalog(database)).results.length === 2 ? true : undefined),
					() => "what was published is analysed while the watch is dead",
				);
				expect(walkLedger(lab.path("state/ledger.db")).get(fileOf("after-publish"))?.state).toMatch(/seen|settling/);
				await startsAgain("after-publish");
				await site.settles();

				await dies("after-offset");
				const announced = await ask(database, "SELECT state FROM outbox JOIN jobs ON jobs.id = outbox.job");
				expect(announced).toEqual([{ state: "queued" }]);
				await startsAgain("after-offset");
				await site.settles();

				const committed = await dies("after-commit");
				expect(await resultsOf(committed)).toMatchObject([{ jobState: "completed" }]);
				await startsAgain("after-commit");

				const analysed = await dies("after-r");
				expect(await storedBy(analysed)).toEqual([]);
				await startsAgain("after-r");

				const uploaded = await dies("after-artifacts");
				expect(await storedBy(uploaded)).toEqual(["md5.txt", "log.txt"]);
				await startsAgain("after-artifacts");

				const sealed = await dies("after-manifest");
				expect(await storedBy(sealed)).toEqual(["md5.txt", "log.txt", "manifest.json"]);
				expect(await resultsOf(sealed)).toEqual([]);
				await startsAgain("after-manifest");

				await site.settles();
				await site.end();
				await expectAllAccountedFor(site);
			},
			10 * 60_000,
		);
	});
});
