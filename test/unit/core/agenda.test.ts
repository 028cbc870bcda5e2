import fc from "fast-check";
import { type SchedulerLike, VirtualTimeScheduler } from "rxjs";
import { describe, expect, it } from "vitest";
import { Agenda, Appointment } from "#core/agenda.ts";

class Planned extends Appointment {
	readonly name: string;

	constructor(name: string) {
		super(() => {});
		this.name = name;
	}
}

function agenda(scheduler: SchedulerLike = new VirtualTimeScheduler()) {
	const kept: [string, number][] = [];
	return { kept, agenda: new Agenda<Planned>(scheduler, ({ name }) => kept.push([name, scheduler.now()])) };
}

describe("an agenda", () => {
	it("keeps what is due in the order of its times", () => {
		const time = new VirtualTimeScheduler();
		const { agenda: plan, kept } = agenda(time);
		for (const [name, delayMs] of [
			["c", 30],
			["a", 10],
			["b", 20],
		] as const)
			plan.set(new Planned(name), delayMs);
		time.flush();
		expect(kept).toEqual([
			["a", 10],
			["b", 20],
			["c", 30],
		]);
	});

	it("keeps every item once, at the time that was set last, whatever was set before", () => {
		const change = fc.record({
			item: fc.nat(5),
			afterMs: fc.nat(20),
			what: fc.oneof(fc.nat(60), fc.constant("remove" as const)),
		});
		fc.assert(
			fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
				const time = new VirtualTimeScheduler();
				const { agenda: plan, kept } = agenda(time);
				const items = Array.from({ length: 6 }, (_, i) => new Planned(String(i)));
				const due = new Map<string, number>();
				const expected: [string, number][] = [];
				const until = (now: number) => {
					for (const [name, at] of due) {
						if (at > now) continue;
						expected.push([name, at]);
						due.delete(name);
					}
				};
				let now = 0;
				for (const { item, afterMs, what } of changes) {
					now += afterMs;
					time.maxFrames = now;
					time.flush();
					time.frame = now;
					until(now);
					const planned = items[item] as Planned;
					if (what === "remove") {
						plan.remove(planned);
						due.delete(planned.name);
					} else {
						plan.set(planned, what);
						due.set(planned.name, now + what);
					}
				}
				time.maxFrames = Number.POSITIVE_INFINITY;
				time.flush();
				until(Number.POSITIVE_INFINITY);
				const byTime = (a: [string, number], b: [string, number]) => a[1] - b[1] || a[0].localeCompare(b[0]);
				expect(kept.toSorted(byTime)).toEqual(expected.toSorted(byTime));
			}),
		);
	});

	it("brings forward only what would be later", () => {
		const time = new VirtualTimeScheduler();
		const { agenda: plan, kept } = agenda(time);
		const item = new Planned("a");
		plan.setNoLater(item, 20);
		plan.setNoLater(item, 30);
		time.flush();
		plan.set(item, 20);
		plan.setNoLater(item, 5);
		time.flush();
		expect(kept).toEqual([
			["a", 20],
			["a", 25],
		]);
	});

	it("keeps nothing after it was cleared, and can be used again", () => {
		const time = new VirtualTimeScheduler();
		const { agenda: plan, kept } = agenda(time);
		const item = new Planned("a");
		plan.set(item, 10);
		plan.clear();
		time.flush();
		expect(kept).toEqual([]);
		plan.set(item, 10);
		time.flush();
		expect(kept).toHaveLength(1);
	});

	it("has one timer for all", () => {
		const time = new VirtualTimeScheduler();
		const { agenda: plan } = agenda(time);
		for (let i = 0; i < 1_000; i++) plan.set(new Planned(String(i)), 1_000 - (i % 10));
		expect(time.actions).toHaveLength(1);
		plan.clear();
		expect(time.actions).toHaveLength(0);
	});

	it("is not an hour late when the wall clock is stepped back by one, only by the time since it last looked", () => {
		const time = new VirtualTimeScheduler();
		let steppedMs = 0;
		const wall: SchedulerLike = { now: () => time.now() - steppedMs, schedule: time.schedule.bind(time) };
		const kept: [string, number][] = [];
		const plan = new Agenda<Planned>(wall, ({ name }) => kept.push([name, time.now()]));
		plan.set(new Planned("a"), 10);
		plan.set(new Planned("b"), 20);
		time.schedule(() => {
			steppedMs = 3_600_000;
		}, 9);
		time.schedule(() => plan.set(new Planned("c"), 5), 16);
		time.flush();
		expect(kept).toEqual([
			["a", 10],
			["c", 21],
			["b", 30],
		]);
	});

	it("reaches beyond the longest timer of Node", () => {
		const time = new VirtualTimeScheduler();
		const delays: number[] = [];
		const wall: SchedulerLike = {
			now: () => time.now(),
			schedule: (...args: Parameters<SchedulerLike["schedule"]>) => {
				delays.push(args[1] as number);
				return time.schedule(...(args as Parameters<typeof time.schedule>));
			},
		};
		const kept: [string, number][] = [];
		const plan = new Agenda<Planned>(wall, ({ name }) => kept.push([name, time.now()]));
		const sixtyDaysMs = 60 * 86_400_000;
		plan.set(new Planned("a"), sixtyDaysMs);
		time.flush();
		expect(kept).toEqual([["a", sixtyDaysMs]]);
		expect(Math.max(...delays)).toBeLessThan(2 ** 31);
	});
});
