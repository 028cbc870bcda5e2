import { Subject, VirtualTimeScheduler } from "rxjs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Envelope } from "#core/envelope.ts";
import { permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import { Receipt } from "#core/receipt.ts";
import { startTrace } from "#core/trace.ts";
import { writeTogether } from "#runtime/write-together.ts";

interface Named {
	readonly name: string;
}

const count = 3;
const timeMs = 5;

describe("writing together", () => {
	let time: VirtualTimeScheduler;
	let source$: Subject<Envelope<Named>>;
	/** Names written at once, each with what ends that write. */
	let writes: {
		readonly names: string;
		readonly end: (refused?: readonly string[]) => void;
		fail(error: Error): void;
	}[];
	let outcomes: Record<string, string>;
	let ended: string | undefined;
	let leave: () => void;

	beforeEach(() => {
		time = new VirtualTimeScheduler();
		source$ = new Subject();
		writes = [];
		outcomes = {};
		ended = undefined;
		const write = (values: readonly Named[]) =>
			new Promise<ReadonlyMap<Named, WatchRabbitError>>((resolve, reject) => {
				writes.push({
					names: values.map(({ name }) => name).join(""),
					end: (refused = []) => {
						const bad = values.filter(({ name }) => refused.includes(name));
						resolve(new Map(bad.map((value) => [value, permanent("BAD", "cannot be stored")])));
					},
					fail: reject,
				});
			});
		const subscription = source$.pipe(writeTogether({ count, timeMs, write, scheduler: time })).subscribe({
			complete: () => {
				ended = "complete";
			},
			error: (error: Error) => {
				ended = error.message;
			},
		});
		leave = () => subscription.unsubscribe();
	});

	function send(names: string): void {
		for (const name of names) {
			const receipt = new Receipt(({ kind }) => {
				outcomes[name] = kind;
			});
			source$.next({ value: { name }, receipt, trace: startTrace() });
		}
	}

	const turn = () => new Promise((resolve) => setImmediate(resolve));
	const written = () => writes.map(({ names }) => names);

	it("waits for others no longer than its time when it is quiet", () => {
		send("ab");
		expect(written()).toEqual([]);
		time.flush();
		expect(time.now()).toBe(timeMs);
		expect(written()).toEqual(["ab"]);
	});

	it("writes at once when there are enough", () => {
		send("abcd");
		expect(written()).toEqual(["abc"]);
	});

	it("writes what came meanwhile together, as soon as the write before has ended, and no more than the count", async () => {
		send("abc");
		send("defgh");
		time.flush();
		expect(written()).toEqual(["abc"]);
		writes[0]?.end();
		await turn();
		expect(written()).toEqual(["abc", "def"]);
		writes[1]?.end();
		await turn();
		expect(written()).toEqual(["abc", "def", "gh"]);
		expect(outcomes).toEqual(Object.fromEntries([..."abcdef"].map((name) => [name, "delivered"])));
	});

	it("rejects what cannot be written, alone", async () => {
		send("abc");
		writes[0]?.end(["b"]);
		await turn();
		expect(outcomes).toEqual({ a: "delivered", b: "rejected", c: "delivered" });
	});

	it("gives back what a failed write was to write, and goes on", async () => {
		send("abcd");
		writes[0]?.fail(transient("AWAY", "the catalog is away"));
		await turn();
		expect(outcomes).toEqual({ a: "retry", b: "retry", c: "retry" });
		expect(written()).toEqual(["abc", "d"]);
		expect(ended).toBeUndefined();
	});

	it("is broken by what makes writing impossible, and gives everything back", async () => {
		send("abcd");
		writes[0]?.fail(permanent("LEASE_LOST", "another has it", { unusable: true }));
		await turn();
		expect(ended).toBe("another has it");
		expect(outcomes).toEqual({ a: "retry", b: "retry", c: "retry", d: "retry" });
		expect(written()).toEqual(["abc"]);
	});

	it("writes what waits before it completes", async () => {
		send("ab");
		source$.complete();
		expect(written()).toEqual(["ab"]);
		expect(ended).toBeUndefined();
		writes[0]?.end();
		await turn();
		expect(ended).toBe("complete");
	});

	it("gives back what it wrote in vain when it was left meanwhile", async () => {
		send("abc");
		leave();
		writes[0]?.fail(permanent("ABORTED", "it was left"));
		await turn();
		expect(outcomes).toEqual({ a: "retry", b: "retry", c: "retry" });
	});

	it("gives back what waits when it is left; what is being written ends by itself", async () => {
		send("abcd");
		leave();
		expect(outcomes).toEqual({ d: "retry" });
		writes[0]?.end();
		await turn();
		expect(outcomes).toEqual({ a: "delivered", b: "delivered", c: "delivered", d: "retry" });
		time.flush();
		expect(written()).toEqual(["abc"]);
	});
});
