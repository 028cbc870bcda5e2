import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finalJobStates, jobStates } from "#domain/job.ts";
import { checkTransitions, isLegalTransition, wayToQueue } from "#domain/job-transitions.ts";

describe("the states of a job", () => {
	it("can be gone through from created to completed", () => {
		expect(() => checkTransitions("j1", "created", ["validated", "queued", "running", "completed"])).not.toThrow();
	});

	it("lead into the queue from wherever a job waits or is over", () => {
		for (const state of jobStates.filter((each) => !["validated", "queued", "running"].includes(each))) {
			expect(() => checkTransitions("j1", state, wayToQueue(state)), state).not.toThrow();
		}
	});

	it("end a job only from running, or dead where it cannot be claimed; a final one comes back only through the queue, a dead one may be replaced", () => {
		for (const from of jobStates) {
			expect(isLegalTransition(from, "completed"), from).toBe(from === "running");
			expect(isLegalTransition(from, "dead"), from).toBe(from === "running" || from === "queued");
		}
		for (const from of finalJobStates) {
			expect(
				jobStates.filter((to) => isLegalTransition(from, to)),
				from,
			).toEqual(from === "dead" ? ["queued", "superseded"] : ["queued"]);
		}
	});

	it("refuse a way with any step that is not allowed, naming it", () => {
		expect(() => checkTransitions("j1", "queued", ["running", "queued", "completed"])).toThrow(
			expect.objectContaining({
				code: "JOB_TRANSITION_ILLEGAL",
				class: "fault",
				message: expect.stringContaining("from queued to completed"),
			}),
		);
		const states = fc.constantFrom(...jobStates);
		fc.assert(
			fc.property(states, fc.array(states, { minLength: 1 }), (from, way) => {
				const steps = way.map((to, i) => [way[i - 1] ?? from, to] as const);
				const legal = steps.every(([a, b]) => isLegalTransition(a, b));
				if (legal) checkTransitions("j1", from, way);
				else expect(() => checkTransitions("j1", from, way)).toThrow();
			}),
		);
	});
});
