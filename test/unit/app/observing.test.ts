import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openObserving } from "#app/observing.ts";
import { takeWorkplace, type Workplace } from "#app/workplace.ts";
import { targetsFolder } from "#observability/provisioning/provisioning.ts";
import { minimal, workspace } from "#test/support/config-workspace.ts";

async function observed() {
	const { load, directory } = workspace();
	const { settings } = await load(minimal);
	const targets = join(directory, "observe", targetsFolder);
	const start = ({ installation }: Workplace, port: number) => {
		const observe = { directory: join(directory, "observe") };
		const options = { config: undefined, roles: ["serve"], untilIdle: false, json: false, observe } as const;
		const observing = openObserving(options, settings);
		observing?.served(`http://127.0.0.1:${port}`, installation);
		return observing;
	};
	return { settings, targets, start };
}

it("a process that was killed is looked for no more once it is started again, wherever it is served then", async () => {
	const { settings, targets, start } = await observed();
	for (const port of [4001, 4002]) {
		const workplace = await takeWorkplace(settings, ["serve"]);
		start(workplace, port);
		workplace.leave();
	}
	const [only, ...others] = readdirSync(targets);
	expect(others).toEqual([]);
	expect(JSON.parse(readFileSync(join(targets, String(only)), "utf8"))).toEqual([{ targets: ["127.0.0.1:4002"] }]);
});

it("a process that ends is looked for no more; where its file cannot be removed that is told, and not what it ends with", async () => {
	const { settings, targets, start } = await observed();
	const workplace = await takeWorkplace(settings, ["serve"]);
	const warnings: string[] = [];
	start(workplace, 4001)?.ended((message) => warnings.push(message));
	expect([readdirSync(targets), warnings]).toEqual([[], []]);
	const again = start(workplace, 4001);
	workplace.leave();
	const [file] = readdirSync(targets);
	rmSync(join(targets, String(file)));
	mkdirSync(join(targets, String(file)));
	again?.ended((message) => warnings.push(message));
	expect(warnings).toEqual([expect.stringContaining("still looks for this process")]);
});
