import { acquisition, arrival, commitOf, intake } from "#test/support/acquisitions.ts";
import { openCatalogAt } from "#test/support/open-catalog.ts";

/** A worker of its own process: `claim LOCATION IDS...` claims each, `work LOCATION` makes and completes jobs until killed. */
const [task, location = "", ...ids] = process.argv.slice(2);
const catalog = await openCatalogAt(location);
if (task === "claim") await claimAll();
else await workUntilKilled();

async function claimAll(): Promise<void> {
	const claimed: string[] = [];
	for (const id of ids) {
		const claim = await catalog.claim(id, `process ${process.pid}`, 60_000, 1_500);
		if (claim.kind === "claimed") claimed.push(id);
	}
	await catalog.close();
	process.stdout.write(JSON.stringify(claimed));
}

async function workUntilKilled(): Promise<void> {
	const measurements = Array.from({ length: 20 }, (_, i) => ({ name: `m${i}`, value: i, unit: "" }));
	for (let i = 0; ; i++) {
		const it = arrival(acquisition(`${process.pid}/${i}`, `${process.pid} ${i}`));
		await catalog.commitIntake(intake([{ ...it, event: { ...it.event, id: `${process.pid}-${i}` } }]));
		const claim = await catalog.claim(it.plans[0]?.id ?? "", "worker", 60_000, 1_500);
		if (claim.kind !== "claimed") throw new Error(claim.why);
		await catalog.commitResult(commitOf(claim.job, { measurements }));
		if (i % 10 === 9) process.stdout.write(".");
	}
}
