import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { eventually } from "#test/support/product.ts";
import { describeWith } from "#test/support/services.ts";
import { expectAllAccountedFor } from "./accounts.ts";
import type { Site } from "./site.ts";
import { useSites } from "./sites.ts";
import { walkCatalog } from "./walk.ts";

const files = 10;
/** Long enough for every wait between two tries to have become as long as it can. */
const awayMs = 7_000;
/** From the moment in which the service answers again. */
const beginsWithinMs = 10_000;

interface Service {
	readonly name: string;
	goAway(site: Site): Promise<void>;
	/** Resolves when it answers. */
	comeBack(site: Site): Promise<void>;
	/** Grows when the product uses it again. */
	uses(site: Site): Promise<number>;
}

const saying = (what: RegExp) => async (site: Site) =>
	site.roles.reduce((sum, { said }) => sum + (said.match(what)?.length ?? 0), 0);

const theServices: readonly Service[] = [
	{
		name: "RabbitMQ",
		goAway: ({ services }) => services.direct.rabbitMq.kill(),
		comeBack: ({ services }) => services.direct.rabbitMq.startAgain(),
		uses: saying(/event log is back/g),
	},
	{
		name: "PostgreSQL",
		goAway: async ({ services }) => await services.direct.postgres.process?.kill(),
		comeBack: async ({ services }) => await services.direct.postgres.process?.start(),
		uses: saying(/catalog is back/g),
	},
	{
		name: "S3",
		goAway: ({ services }) => services.links.s3.cut(),
		comeBack: ({ services }) => services.links.s3.mend(),
		uses: saying(/object store is back/g),
	},
	{
		name: "Redis",
		goAway: async ({ services }) => await services.direct.redis.process?.kill(),
		comeBack: async ({ services }) => await services.direct.redis.process?.start(),
		uses: async (site) => {
			await asksForManifest(site);
			return await site.services.direct.redis.client.dbsize();
		},
	},
];

describe("a service that was away and answers again", () => {
	describeWith(["r", "rabbitmq", "postgres", "s3", "redis", "toxiproxy"], "is used again", () => {
		const sites = useSites();

		it(`within ${beginsWithinMs / 1_000} s, by itself: what was written meanwhile is analysed`, {
			timeout: 600_000,
		}, async () => {
			const site = await sites.begin({ roles: ["watch", "serve", "flow", "work"] });
			for (const { name, goAway, comeBack, uses } of theServices) {
				const before = await uses(site);
				await goAway(site);
				for (let n = 0; n < files; n++) await site.write(`without-${name}-${n}.txt`, `${n}, while ${name} was away\n`);
				for (let n = 0; n < files; n++) await asksForManifest(site);
				await pause(awayMs);
				await comeBack(site);
				const since = performance.now();
				await eventually(
					async () => ((await uses(site)) > before ? true : undefined),
					() => `something uses ${name} again`,
				);
				const begunMs = performance.now() - since;
				await site.settles();
				const doneMs = performance.now() - since;
				site.tell(`${name}: used again after ${seconds(begunMs)}, all is analysed after ${seconds(doneMs)}`);
				expect(begunMs, `${name} is used again`).toBeLessThan(beginsWithinMs);
			}
			await site.end();
			await expectAllAccountedFor(site);
		});
	});
});

const asked = new Set<string>();

/** As people do, whatever it answers; each time of another result, so that no process has the answer itself. */
async function asksForManifest(site: Site): Promise<void> {
	const { results } = await walkCatalog(site.at.database).catch(() => ({ results: [] }));
	const result = results.find(({ id }) => !asked.has(id))?.id ?? "unknown";
	asked.add(result);
	const serve = site.roles.find(({ role }) => role === "serve");
	const address = await serve?.running.address();
	const question = fetch(`${address}/api/v1/results/${result}/manifest`, { signal: AbortSignal.timeout(5_000) });
	await question.then((answer) => answer.arrayBuffer()).catch(() => {});
}

function seconds(ms: number): string {
	return `${(ms / 1_000).toFixed(1)} s`;
}
