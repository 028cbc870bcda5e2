import { expect, it } from "vitest";
import { seededRandom } from "#test/support/seeded-random.ts";
import { describeWith } from "#test/support/services.ts";
import { describeWithSharedData } from "#test/support/shared-data.ts";
import { expectAllAccountedFor } from "./accounts.ts";
import { useSites } from "./sites.ts";

const roles = ["watch", "serve", "flow", "flow", "work", "work", "work"] as const;
const longMs = 15 * 60_000;

describeWithSharedData("every file that real instruments wrote, over one set of services", () => {
	describeWith(
		["r", "rabbitmq", "postgres", "s3", "redis", "toxiproxy"],
		"by two flow and three work processes",
		() => {
			const sites = useSites();

			it(
				"is analysed once; the share of each process is printed",
				async () => {
					const site = await sites.begin({ roles });
					await site.feedAll(seededRandom(1));
					await site.settles(longMs);
					const share = (role: string, done: RegExp) =>
						site.roles
							.filter((process) => process.role === role)
							.map(({ said }) => [...said.matchAll(done)].reduce((sum, [, count]) => sum + Number(count ?? 1), 0));
					const takenIn = share("flow", /(\d+) acquisitions? taken in/g);
					const analysed = share("work", /analysed in/g);
					console.info(`acquisitions taken in by each flow: ${takenIn.join(", ")}`);
					console.info(`jobs done by each work: ${analysed.join(", ")}`);
					expect(takenIn.every((count) => count > 0)).toBe(true);
					expect(analysed.every((count) => count > 0)).toBe(true);
					await site.end();
					await expectAllAccountedFor(site);
				},
				longMs,
			);
		},
	);
});
