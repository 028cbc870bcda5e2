import { acquisition, arrival, commitOf, intake } from "#test/support/acquisitions.ts";
import { openCatalogAt } from "#test/support/open-catalog.ts";

/**
 * A worker of its own process: `claim LOCATION IDS...` claims each, `churn LOCATION IDS...` does everything that changes
 * many rows at once, `audit LOCATION` writes 30 entries of the audit log, `work LOCATION` makes and completes jobs until
 * killed.
 */
const [task, location = "", ...ids] = process.argv.slice(2);
const catalog = await openCatalogAt(location);
if (task === "claim") await claimAll();
else if (task === "churn") await churn();
else if (task === "audit") await audit();
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

async function churn(): Promise<void> {
	const room = catalog.room<string>("churn");
	const members = ["a", "b", "c", "d"].map((id) => ({ key: "k", id, value: id, since: 1, dueAt: 2 }));
	for (let round = 0; round < 15; round++) {
		await Promise.all([
			...ids.map((id) => catalog.claim(id, `process ${process.pid}`, 1, 2_000 + round)),
			catalog.renewLeases(2_000 + round),
			catalog.endLeases(2_000 + round),
			catalog.wake(2_001 + round),
			catalog.shift(1),
			...members.map((member) => room.put(member)),
			room.pass("k", members.toReversed()),
			room.leave("k", members),
			catalog.forgetOutcomes(9_000, 100),
			catalog.strays(100).then((strays) => catalog.straysRemoved(strays.toReversed())),
		]);
	}
	await catalog.close();
	process.stdout.write("done");
}

async function audit(): Promise<void> {
	for (let n = 0; n < 30; n++) {
		await catalog.audit.append({ actor: `process ${process.pid}`, action: "counted", target: `n:${n}` }, n);
	}
	await catalog.close();
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
