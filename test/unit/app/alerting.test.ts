import { expect, it } from "vitest";
import { Alerting } from "#app/alerting.ts";
import { createMetrics } from "#observability/metrics.ts";
import { workspace } from "#test/support/config-workspace.ts";

const configuration = `sources:
  plates: { watch: in }
pipelines:
  count: { from: plates, analysis: a.R }
`;

it("a process that runs no analyses, and hears only of attempts that were lost, does not say that all of them fail", async () => {
	const { load } = workspace();
	const { settings } = await load(configuration);
	const firing = async (roles: ConstructorParameters<typeof Alerting>[3]) => {
		const metrics = createMetrics();
		const alerting = new Alerting(settings, metrics, () => {}, roles);
		const count = (by: number) => metrics.attempts.inc({ pipeline: "count", outcome: "lost" }, by);
		count(0);
		await alerting.look();
		count(3);
		await alerting.look();
		await alerting.stop();
		return alerting.active.map(({ name }) => name);
	};
	expect(await firing(["flow"])).toEqual([]);
	expect(await firing(["flow", "work"])).toEqual(["WatchRabbitFailureRate"]);
});
