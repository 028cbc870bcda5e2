import type { Health } from "./health.ts";
import type { Metrics } from "./metrics.ts";

/** What is of this process itself, and has gauges of its own. */
const ours = /^(role|source|pool|pipeline) /;

/** Has the metrics say which neighbours answer, at the moment they are asked. */
export function sampleHealth({ neighbourUp, sample }: Metrics, health: Health): void {
	sample({
		gauges: [neighbourUp],
		async take() {
			neighbourUp.reset();
			for (const { name, state } of health.dependencies()) {
				if (!ours.test(name)) neighbourUp.set({ neighbour: name }, state === "up" ? 1 : 0);
			}
		},
	});
}
