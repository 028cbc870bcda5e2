import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { permanent, transient } from "#core/errors.ts";
import { delivered, type Outcome, rejected, retry, worse } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";

const away = retry(transient("AWAY", "away"), 50);
const bad = rejected(permanent("BAD", "bad"));

function watched(): { readonly receipt: Receipt; readonly told: Outcome[] } {
	const told: Outcome[] = [];
	return { receipt: new Receipt((outcome) => told.push(outcome)), told };
}

describe("a receipt", () => {
	it("tells what it was resolved with, delivered unless said otherwise", () => {
		const [first, second] = [watched(), watched()];
		expect(first.receipt.resolved).toBe(false);
		first.receipt.resolve();
		second.receipt.resolve(away);
		expect(first.told).toEqual([delivered]);
		expect(second.told).toEqual([away]);
		expect(first.receipt.resolved).toBe(true);
	});

	it("refuses to be resolved twice, and tells only the first", () => {
		const { receipt, told } = watched();
		receipt.resolve(bad);
		expect(() => receipt.resolve()).toThrow(
			expect.objectContaining({
				code: "RECEIPT_RESOLVED_TWICE",
				class: "fault",
				message: expect.stringContaining("delivered"),
			}),
		);
		expect(told).toEqual([bad]);
	});

	it("is resolved already when it tells, so that whoever is told cannot resolve it again", () => {
		const receipt: Receipt = new Receipt(() => expect(() => receipt.resolve()).toThrow("again"));
		receipt.resolve();
	});
});

describe("a forked receipt", () => {
	it("resolves after its last child", () => {
		const { receipt, told } = watched();
		const children = receipt.fork(3);
		expect(children).toHaveLength(3);
		for (const child of children.slice(1)) child.resolve();
		expect(told).toEqual([]);
		children[0]?.resolve();
		expect(told).toEqual([delivered]);
	});

	it("resolves with the worst of its children's outcomes, whatever their order and number", () => {
		const outcome = fc.constantFrom<Outcome["kind"]>("delivered", "retry", "rejected").map((kind): Outcome => {
			if (kind === "delivered") return delivered;
			return kind === "retry" ? retry(transient("AWAY", "away")) : rejected(permanent("BAD", "bad"));
		});
		fc.assert(
			fc.property(fc.array(outcome, { minLength: 1, maxLength: 8 }), (outcomes) => {
				const { receipt, told } = watched();
				for (const [i, child] of receipt.fork(outcomes.length).entries()) child.resolve(outcomes[i]);
				expect(told).toEqual([outcomes.reduce(worse)]);
			}),
		);
	});

	it("delivers at once without children", () => {
		const { receipt, told } = watched();
		expect(receipt.fork(0)).toEqual([]);
		expect(told).toEqual([delivered]);
	});

	it("cannot be resolved besides its children", () => {
		const { receipt } = watched();
		const [one, other] = receipt.fork(2);
		receipt.resolve();
		one?.resolve();
		expect(() => other?.resolve()).toThrow("again");
	});
});

describe("joined receipts", () => {
	it("are all resolved with the outcome of the one, in their order", () => {
		const order: string[] = [];
		const receipts = ["a", "b", "c"].map((name) => new Receipt((outcome) => order.push(`${name} ${outcome.kind}`)));
		Receipt.join(receipts).resolve(away);
		expect(order).toEqual(["a retry", "b retry", "c retry"]);
	});

	it("can be forked and joined further", () => {
		const [first, second] = [watched(), watched()];
		const children = Receipt.join([first.receipt, second.receipt]).fork(2);
		Receipt.join(children).resolve(bad);
		expect(first.told).toEqual([bad]);
		expect(second.told).toEqual([bad]);
	});
});
