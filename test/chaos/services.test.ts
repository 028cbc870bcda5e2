import { expect, it } from "vitest";
import { seededRandom } from "#test/support/seeded-random.ts";
import { describeWith } from "#test/support/services.ts";
import { describeWithSharedData } from "#test/support/shared-data.ts";
import { expectAllAccountedFor } from "./accounts.ts";
import { drawFaults } from "./faults/every.ts";
import type { Site } from "./site.ts";
import { useSites } from "./sites.ts";

const { WATCHRABBIT_CHAOS_SEED, WATCHRABBIT_CHAOS_ROUNDS = "4", WATCHRABBIT_CHAOS_ONLY: only } = process.env;
const seed = Number(WATCHRABBIT_CHAOS_SEED ?? Date.now() % 1_000_000);
const rounds = Number(WATCHRABBIT_CHAOS_ROUNDS);
/** `npm run chaos` has the time for what takes long; `npm test` has not. */
const slow = process.env.WATCHRABBIT_CHAOS_SLOW === "true";
const outageMs = slow ? 60_000 : 8_000;
const roundsAScenario = 10;
const mostMsARound = 400_000;

const scenarios = Array.from({ length: Math.ceil(rounds / roundsAScenario) }, (_, n) => {
	const from = n * roundsAScenario;
	return { number: n + 1, from, to: Math.min(rounds, from + roundsAScenario) };
});

describeWithSharedData(`instrument files while roles and services fail (seed ${seed})`, () => {
	describeWith(["r", "rabbitmq", "postgres", "s3", "redis", "toxiproxy", "faketime"], "one and two at a time", () => {
		const sites = useSites();

		it.each(scenarios)(
			"scenario $number: each content is analysed once, in rounds $from to $to",
			async ({ number, from, to }) => {
				const site = await sites.begin({ outageMs });
				const ending = new AbortController();
				const feeding = site.feed(seededRandom(seed + number), ending.signal);
				try {
					for (let round = from; round < to; round++) await happens(site, round);
				} finally {
					ending.abort();
					await feeding;
				}
				await site.settles();
				await site.end();
				await expectAllAccountedFor(site);
			},
			roundsAScenario * mostMsARound,
		);
	});
});

async function happens(site: Site, round: number): Promise<void> {
	const random = seededRandom(seed * 1_000 + round);
	const drawn = drawFaults(random, { slow, ...(only === undefined ? {} : { only }) });
	expect(drawn).not.toEqual([]);
	site.tell(`seed ${seed}, round ${round}: ${drawn.map(({ name }) => name).join(" and ")}`);
	await Promise.all(drawn.map((fault) => fault.run(site, seededRandom(random() * 2 ** 32))));
}
