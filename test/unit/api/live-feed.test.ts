import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Feed } from "#api/live/feed.ts";
import { Follower } from "#api/live/follower.ts";
import type { LiveEvent } from "#api/live/live-event.ts";
import type { Notice, Wire } from "#api/live/wire.ts";
import { openCatalog } from "#catalog/catalog.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import { systemClock } from "#core/clock.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import { WakeUp } from "#core/wake-up.ts";
import { labEvents } from "#domain/lab-events.ts";
import { acquisition, arrival, claimed, commitOf, endOf, intake, plan } from "#test/support/acquisitions.ts";
import { seededRandom } from "#test/support/seeded-random.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** Keeps what a client would have been sent, and takes it when it likes. */
class Notebook implements Wire {
	readonly ids: number[] = [];
	readonly notices: string[] = [];
	waiting = 0;
	#gone: (() => void)[] = [];

	send(events: readonly LiveEvent[]): void {
		for (const { of } of events) this.ids.push(of.seq);
	}
	tell(notice: Notice, data: object, id?: number): void {
		this.notices.push(`${notice}${id === undefined ? "" : ` ${id}`} ${JSON.stringify(data)}`);
	}
	beat(): void {}
	taken(): Promise<void> {
		return Promise.resolve();
	}
	end(): void {
		this.destroy();
	}
	destroy(): void {
		for (const gone of this.#gone.splice(0)) gone();
	}
	onGone(gone: () => void): void {
		this.#gone.push(gone);
	}
}

/** Every read takes a while, as on a server, and another while each time. */
function slowly(catalog: Catalog, random: () => number): Catalog {
	const names = ["feed", "feedBounds", "origins", "jobs", "results"] as const;
	const wait = () => new Promise((resolve) => setTimeout(resolve, random() * 4));
	return new Proxy(catalog, {
		get: (target, name) => {
			const value = Reflect.get(target, name, target);
			if (typeof value !== "function") return value;
			if (!names.includes(name as (typeof names)[number])) return value.bind(target);
			return async (...args: unknown[]) => {
				if (random() < 0.5) await wait();
				const found = await value.apply(target, args);
				if (random() < 0.5) await wait();
				return found;
			};
		},
	});
}

describe("the one reader for all who follow", () => {
	let catalog: Catalog;
	let directory: ReturnType<typeof temporaryDirectory>;
	let now = 1_000;
	beforeEach(async () => {
		directory = temporaryDirectory();
		catalog = await openCatalog(new NodeSqliteDialect(join(directory.path, "catalog.db")));
	});
	afterEach(async () => {
		await catalog.close();
		directory.remove();
	});

	async function happens(n: number): Promise<void> {
		now += 10;
		const plate = acquisition(`plate ${n}`, `content ${n}`);
		await catalog.commitIntake(intake([arrival(plate)], { now }));
		if (n % 3 === 0) await catalog.commitResult(commitOf(await claimed(catalog, plan(plate).id, now)));
		if (n % 3 === 1) await catalog.endAttempt(endOf(await claimed(catalog, plan(plate).id, now), { now }));
	}
	async function told(): Promise<readonly number[]> {
		return (await labEvents(await catalog.feed(0, 100_000), catalog)).map(({ seq }) => seq);
	}

	it.each([1, 2, 3, 4, 5, 6, 7, 8])(
		"whoever joins, leaves and resumes whenever is told all, once, in order (seed %i)",
		async (seed) => {
			const random = seededRandom(seed);
			const moved = new WakeUp();
			const feed = new Feed({
				catalog: slowly(catalog, random),
				clock: systemClock,
				moved: () => moved,
				sent: () => {},
				linesAtOnce: 5,
				keptEvents: 8,
			});
			for (let n = 0; n < 6; n++) await happens(n);
			let over = false;
			const follow = async () => {
				const seen: number[] = [];
				let after = 0;
				const visit = async (until: () => boolean) => {
					const wire = new Notebook();
					const follower = new Follower({ wire, wants: () => true, after, clock: systemClock });
					const following = feed.follow(follower);
					while (!until()) await new Promise((resolve) => setTimeout(resolve, 1));
					wire.destroy();
					await following;
					feed.leave(follower);
					seen.push(...wire.ids);
					after = seen.at(-1) ?? after;
					expect(wire.notices).toEqual([]);
					return wire;
				};
				while (!over) {
					const end = Date.now() + random() * 30;
					await visit(() => over || Date.now() > end);
					await new Promise((resolve) => setTimeout(resolve, random() * 15));
				}
				const last = (await told()).at(-1) ?? 0;
				const wire = new Notebook();
				const follower = new Follower({ wire, wants: () => true, after, clock: systemClock });
				await feed.follow(follower);
				await expect.poll(() => follower.position, { interval: 2, timeout: 10_000 }).toBeGreaterThanOrEqual(last);
				wire.destroy();
				feed.leave(follower);
				return [...seen, ...wire.ids];
			};
			const clients = Array.from({ length: 6 }, follow);
			for (let n = 6; n < 40; n++) {
				await happens(n);
				if (random() < 0.5) moved.ring();
				await new Promise((resolve) => setTimeout(resolve, random() * 6));
			}
			over = true;
			const seen = await Promise.all(clients);
			const all = await told();
			expect(all.length).toBeGreaterThan(150);
			for (const one of seen) expect(one).toEqual(all);
		},
	);

	it("tells who comes with an id that is not of this catalog, and goes on with what comes next", async () => {
		await happens(0);
		const feed = new Feed({ catalog, clock: systemClock, moved: () => new WakeUp(), sent: () => {} });
		const wire = new Notebook();
		const follower = new Follower({ wire, wants: () => true, after: 9e12, clock: systemClock });
		await feed.follow(follower);
		const { last } = await catalog.feedBounds();
		expect(wire.notices).toEqual([expect.stringMatching(new RegExp(`^gap ${last} .*another catalog`))]);
		await happens(1);
		await expect.poll(() => wire.ids[0]).toBeGreaterThan(last);
		wire.destroy();
		feed.leave(follower);
	});

	it("tells who comes back after that lines were forgotten", async () => {
		await happens(2);
		const [first = 0] = await told();
		const { id } = plan(acquisition("plate 2", "content 2"));
		for (let i = 0; i < 220; i++) {
			now += 1;
			await catalog.endAttempt(endOf(await claimed(catalog, id, now), { outcome: "not-ready", now, againAt: now }));
		}
		const feed = new Feed({ catalog, clock: systemClock, moved: () => new WakeUp(), sent: () => {} });
		const wire = new Notebook();
		const follower = new Follower({ wire, wants: () => true, after: first, clock: systemClock });
		await feed.follow(follower);
		wire.destroy();
		feed.leave(follower);
		expect(wire.notices).toEqual([expect.stringMatching(new RegExp(`^gap ${first} .*forgotten`))]);
		expect(wire.ids).toEqual((await told()).slice(1));
	});

	it("leaves who does not take what it is sent, tells it so, and goes on with the others", async () => {
		const feed = new Feed({ catalog, clock: systemClock, moved: () => new WakeUp(), sent: () => {} });
		const [stuck, well] = [new Notebook(), new Notebook()];
		const followers = [stuck, well].map(
			(wire) => new Follower({ wire, wants: () => true, after: 0, clock: systemClock }),
		);
		for (const follower of followers) await feed.follow(follower);
		stuck.waiting = 2_000_000;
		await happens(2);
		await expect.poll(() => well.ids.length).toBeGreaterThan(2);
		expect(stuck.ids).toEqual([]);
		expect(stuck.notices).toEqual([expect.stringMatching(/^slow .*2000000/)]);
		expect(followers.map(({ ended }) => ended)).toEqual(["slow", undefined]);
		well.destroy();
		for (const follower of followers) feed.leave(follower);
	});
});
