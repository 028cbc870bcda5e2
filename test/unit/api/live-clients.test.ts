import { afterEach, beforeEach, expect, it } from "vitest";
import { Live } from "#api/live/live.ts";
import type { Wire } from "#api/live/wire.ts";
import type { Workbench } from "#cli/application.ts";
import { WakeUp } from "#core/wake-up.ts";
import type { Principal } from "#domain/access.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { SmallLab } from "#test/support/small-lab.ts";

/** A connection that is as long as nobody ends it. */
class Connection implements Wire {
	readonly heard: string[] = [];
	readonly waiting = 0;
	#gone: (() => void)[] = [];

	send(): void {}
	tell(notice: string): void {
		this.heard.push(notice);
	}
	beat(upTo: number): void {
		this.heard.push(`beat ${upTo}`);
	}
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

let lab: SmallLab;
let bench: Workbench;
let clock: ManualClock;
let live: Live;
beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
	clock = new ManualClock();
	live = new Live({
		catalog: bench.catalog,
		clock,
		moved: () => new WakeUp(),
		report: () => {},
		clients: 4,
		clientsOfOne: 2,
	});
});
afterEach(async () => {
	await live.close();
	await lab.remove();
});

const key = (id: string): Principal => ({ kind: "key", id, name: id, role: "viewer", projects: "all" });

async function follow(principal: Principal): Promise<Connection> {
	const connection = new Connection();
	await live.follow({
		principal,
		still: async () => true,
		wants: () => true,
		after: undefined,
		transport: "sse",
		wire: () => connection,
	});
	return connection;
}

it("lets in so many of one key, and so many in all, and others once some have gone", async () => {
	const [first] = [await follow(key("a")), await follow(key("a"))];
	await expect(follow(key("a"))).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
	await follow(key("b"));
	await follow(key("c"));
	await expect(follow(key("d"))).rejects.toMatchObject({ code: "TOO_MANY_CLIENTS" });
	first?.destroy();
	await expect
		.poll(() =>
			follow(key("d")).then(
				() => "in",
				() => "out",
			),
		)
		.toBe("in");
});

it("has no count for each where nobody has to say who he is", async () => {
	const anyone: Principal = { ...key("anyone"), kind: "anyone" };
	for (let n = 0; n < 4; n++) await follow(anyone);
	await expect(follow(anyone)).rejects.toMatchObject({ code: "TOO_MANY_CLIENTS" });
});

it("beats every 15 seconds, and has a client come again and say who it is after a quarter of an hour", async () => {
	const { last } = await bench.catalog.feedBounds();
	const connection = await follow(key("a"));
	await clock.advance(15_000);
	await clock.advance(15_000);
	expect(connection.heard).toEqual([`beat ${last}`, `beat ${last}`]);
	for (let s = 30; s < 915; s += 15) await clock.advance(15_000);
	expect(connection.heard.at(-1)).toBe("closing");
	expect(clock.waiting).toBe(0);
});

it("lets nobody in who comes while it ends", async () => {
	await live.close();
	await expect(follow(key("a"))).rejects.toMatchObject({ code: "DRAINING" });
});
