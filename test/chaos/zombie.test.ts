import { describe, expect, it } from "vitest";
import { countingScript } from "#test/support/lab.ts";
import { describeWith } from "#test/support/services.ts";
import { expectAllAccountedFor } from "./accounts.ts";
import { useSites } from "./sites.ts";
import { jobLeaseMs } from "./timing.ts";

/** Long enough to be in the middle of when its worker is suspended. */
const slowScript = `Sys.sleep(3)\n${countingScript}`;

describe("a worker that is suspended in a run for longer than it may hold the job, and goes on", () => {
	describeWith(["r", "rabbitmq", "postgres", "s3", "redis", "toxiproxy"], "while another has run the job", () => {
		const sites = useSites();

		it("commits nothing, and what it stored is removed", { timeout: 300_000 }, async () => {
			const site = await sites.begin({ roles: ["watch", "flow", "work", "work"], script: slowScript });
			const [first, second] = site.roles.filter(({ role }) => role === "work");
			if (first === undefined || second === undefined) throw new Error("two of them work");
			await second.running.stop();
			await site.write("slow.txt", "slow\n");
			await first.running.says(/slow\.txt runs, attempt 1/);
			first.signal("SIGSTOP");
			await second.start();
			await second.running.says(/slow\.txt analysed/, 2 * jobLeaseMs);
			first.signal("SIGCONT");
			await first.running.says(/job\.fenced/);
			expect(first.said).not.toMatch(/slow\.txt analysed/);
			await site.settles();
			await site.end();
			await expectAllAccountedFor(site);
		});
	});
});
