import { from, Subject, take, tap } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Envelope } from "#core/envelope.ts";
import { permanent } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import { emit, type Inlet, type Outlet, stage } from "#core/stage.ts";

/** Envelopes of numbers, and what became of each. */
function numbered(count: number) {
	const told = new Map<number, Outcome>();
	const envelopes = Array.from({ length: count }, (_, value): Envelope<number> => {
		return { value, receipt: new Receipt((outcome) => told.set(value, outcome)), trace: { traceparent: "" } };
	});
	const kinds = () => Array.from({ length: count }, (_, value) => told.get(value)?.kind);
	return { envelopes, told, kinds };
}

function passing(changes: Partial<Inlet<number>> = {}) {
	return stage<number, number>((outlet) => ({ next: (envelope) => emit(outlet, envelope), ...changes }));
}

describe("a stage", () => {
	it("is opened anew for each subscription", () => {
		let opened = 0;
		const counting = stage<number, number>((outlet) => {
			opened++;
			return { next: (envelope) => emit(outlet, envelope) };
		});
		const out$ = new Subject<Envelope<number>>().pipe(counting);
		out$.subscribe();
		out$.subscribe();
		expect(opened).toBe(2);
	});

	it("rejects the one message on which its own function fails, and goes on", () => {
		const { envelopes, told, kinds } = numbered(3);
		const failing = stage<number, number>((outlet) => ({
			next: (envelope) => {
				if (envelope.value === 1) throw permanent("ODD", "an odd number");
				emit(outlet, envelope);
			},
		}));
		from(envelopes)
			.pipe(failing)
			.subscribe(({ receipt }) => receipt.resolve());
		expect(kinds()).toEqual(["delivered", "rejected", "delivered"]);
		expect(told.get(1)).toMatchObject({ cause: { code: "ODD" } });
	});

	it("says that the pipeline is broken when a receipt was resolved behind its back", () => {
		const { envelopes } = numbered(1);
		const errors: unknown[] = [];
		from(envelopes)
			.pipe(
				tap(({ receipt }) => receipt.resolve()),
				stage<number, number>(() => ({ next: ({ receipt }) => receipt.resolve() })),
			)
			.subscribe({ error: (error) => errors.push(error) });
		expect(errors).toMatchObject([{ code: "RECEIPT_RESOLVED_TWICE" }]);
	});

	it("releases once, after it has left the source", () => {
		const source$ = new Subject<Envelope<number>>();
		const observed: boolean[] = [];
		const subscription = source$.pipe(passing({ release: () => observed.push(source$.observed) })).subscribe();
		subscription.unsubscribe();
		subscription.unsubscribe();
		expect(observed).toEqual([false]);
	});

	it.each(["complete", "error"] as const)("releases on %s of the source", (end) => {
		const source$ = new Subject<Envelope<number>>();
		let released = 0;
		const out$ = source$.pipe(passing({ release: () => released++ }));
		out$.subscribe({ error: () => {} });
		if (end === "complete") source$.complete();
		else source$.error(new Error("the source is broken"));
		expect(released).toBe(1);
	});

	it("stays open after the source completed for as long as it holds something", () => {
		const source$ = new Subject<Envelope<number>>();
		const seen: string[] = [];
		let opened: Outlet<number> | undefined;
		const holding = stage<number, number>((outlet) => {
			opened = outlet;
			return { next: () => {}, complete: () => seen.push("source ended"), release: () => seen.push("released") };
		});
		source$.pipe(holding).subscribe({ complete: () => seen.push("completed") });
		source$.complete();
		expect(seen).toEqual(["source ended"]);
		opened?.complete();
		expect(seen).toEqual(["source ended", "completed", "released"]);
	});

	it("leaves a source that speaks while it is subscribed, as soon as nobody listens", () => {
		const { envelopes, kinds } = numbered(3);
		from(envelopes)
			.pipe(passing(), take(1))
			.subscribe(({ receipt }) => receipt.resolve());
		expect(kinds()).toEqual(["delivered", undefined, undefined]);
	});

	it("gives back what it would say to nobody", () => {
		const { envelopes, told } = numbered(1);
		let opened: Outlet<number> | undefined;
		const silent = stage<number, number>((outlet) => {
			opened = outlet;
			return { next: () => {} };
		});
		new Subject<Envelope<number>>().pipe(silent).subscribe().unsubscribe();
		emit(opened as Outlet<number>, envelopes[0] as Envelope<number>);
		expect(told.get(0)).toMatchObject({ kind: "retry", cause: { code: "TORN_DOWN" } });
	});
});
