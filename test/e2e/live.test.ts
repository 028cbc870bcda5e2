import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FollowedEvents } from "#test/support/followed-events.ts";
import { createLab, listed } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";

interface EventPage {
	readonly items: readonly { readonly id: string; readonly event: string }[];
	readonly next: string;
	readonly more: boolean;
}

describe("what happens in a lab, as it happens", () => {
	let lab: Product;
	beforeAll(async () => {
		lab = await createLab();
	});
	afterAll(async () => await lab.remove());

	const seen: string[] = [];
	let lastId: string | undefined;

	/** From what the client has to what the lab has, whoever answers. */
	async function visit(up: Running, until: (followed: FollowedEvents) => boolean, end: () => Promise<unknown>) {
		const followed = await FollowedEvents.open(`${await up.address()}/api/v1/events?after=0`, lastId);
		await eventually(
			() => (until(followed) ? true : undefined),
			() =>
				`it was told enough; it was told ${followed.kinds.join(", ")} (${followed.answer.status}):\n${up.output.slice(-3_000)}`,
		);
		await end();
		await followed.over;
		seen.push(...followed.told.flatMap(({ id }) => (id === undefined ? [] : [id])));
		lastId = followed.lastId;
		return followed;
	}

	it("is told from the file to the result, across a kill, a restart and another process, without a gap and once", async () => {
		const first = lab.start("up");
		await lab.write("data/a.csv", "a\n");
		const told = await visit(
			first,
			({ kinds }) => kinds.includes("job.completed"),
			() => first.stop("SIGKILL"),
		);
		for (const kind of ["acquisition.acquired", "job.queued", "job.running", "job.executed", "result.committed"]) {
			expect(told.kinds).toContain(kind);
		}
		await lab.write("data/b.csv", "b\n");

		const second = lab.start("up");
		const drained = await visit(
			second,
			({ kinds }) => kinds.includes("job.completed"),
			() => second.stop(),
		);
		expect(drained.told.at(-1)).toMatchObject({ event: "closing", data: { why: "draining" } });

		await lab.write("data/c.csv", "c\n");
		await lab.run("up", "--until-idle");
		const serve = lab.start("up", "--roles", "serve");
		await visit(
			serve,
			({ kinds }) => kinds.includes("job.completed"),
			() => serve.stop(),
		);

		const third = lab.start("up");
		const address = await third.address();
		await listed(address, "results", (results) => results.length === 3);
		const page = (await (await fetch(`${address}/api/v1/events`)).json()) as EventPage;
		expect(page.more).toBe(false);
		const all = page.items.map(({ id }) => id);
		const rest = page.items.filter(({ id }) => Number(id) > Number(seen.at(-1)));
		expect([...seen, ...rest.map(({ id }) => id)]).toEqual(all);
		expect(page.items.filter(({ event }) => event === "result.committed")).toHaveLength(3);
		await (await FollowedEvents.open(`${address}/api/v1/events`)).end();
		await eventually(
			async () => {
				const metrics = await (await fetch(`${address}/metrics`)).text();
				return /^watchrabbit_live_clients_left_total\{why="gone"\} 1$/m.test(metrics) ? true : undefined;
			},
			() => "it counted who left",
		);
		await third.stop();
	});
});
