import { afterEach, expect, it } from "vitest";
import { everything, type Pause } from "#domain/operation.ts";
import { FlowLab } from "#test/support/flow-lab.ts";
import { until } from "#test/support/spine.ts";

let lab: FlowLab;
afterEach(() => lab.close());

it("a flow that drains ends the read that waits and begins none, until it is resumed: then it misses nothing", async () => {
	lab = await FlowLab.open({ elisa: [] });
	const listeners = new Set<() => void>();
	let drained: Pause | undefined;
	lab.paused = {
		get drained() {
			return drained;
		},
		onChange: (listener) => {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
	};
	const turn = (pause: Pause | undefined) => {
		drained = pause;
		for (const listener of [...listeners]) listener();
	};
	const { log } = lab.spine;
	const open = log.open.bind(log);
	let reading = 0;
	let reads = 0;
	log.open = (after) => {
		const reader = open(after);
		const read = reader.read.bind(reader);
		reader.read = async (...given) => {
			reading += 1;
			reads += 1;
			return await read(...given).finally(() => {
				reading -= 1;
			});
		};
		return reader;
	};
	const role = await lab.start();
	await lab.publish("a");
	await lab.jobsBecome(["elisa: a"]);
	await until("it waits for more", () => reading === 1);
	turn({ on: everything, since: 1, by: "user:anna", why: undefined });
	await until("it reads no more", () => reading === 0 && role.load.inUse === 0);
	const before = reads;
	await lab.publish("b", "c");
	expect([reads, await role.idle()]).toEqual([before, false]);
	turn(undefined);
	await lab.jobsBecome(["elisa: a", "elisa: b", "elisa: c"]);
});
