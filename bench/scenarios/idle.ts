import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Bench, compare, median } from "../harness.ts";
import { createLab, Product } from "../product.ts";

/**
 * `up` with all roles and nothing to do: how soon it watches and serves, and how soon R is warm as well, which is what
 * `/health/ready` asks; and what it holds once it has come to rest, R left out.
 */
export const bench: Bench = {
	id: "P9",
	title: "up at rest: ready, and resident memory without R",
	async run({ directory, quick, say }) {
		const resident: number[] = [];
		const warmS: number[] = [];
		let round = 0;
		const { atWorkS } = await compare(
			{
				atWorkS: async () => {
					const product = new Product(createLab(join(directory, String(round++)), 2_000));
					try {
						const secondsSinceStart = () => (performance.now() - product.startedAt) / 1000;
						await product.atWork();
						const seconds = secondsSinceStart();
						await product.ready();
						warmS.push(secondsSinceStart());
						await pause(5_000);
						const bytes = product.residentBytes();
						resident.push(bytes / 1e6);
						say(
							`at work in ${seconds.toFixed(2)} s, R warm in ${warmS.at(-1)?.toFixed(2)} s, ${(bytes / 1e6).toFixed(0)} MB at rest`,
						);
						return seconds;
					} finally {
						await product.stop();
					}
				},
			},
			{ warmUps: quick ? 0 : 1, rounds: quick ? 1 : 5 },
		);
		return [
			{ what: "start to every role at work", value: atWorkS, unit: "s", better: "lower", goal: { value: 1.5 } },
			{ what: "start to R warm as well", value: median(warmS), unit: "s", better: "lower" },
			{
				what: "resident at rest, without R",
				value: median(resident),
				unit: "MB",
				better: "lower",
				goal: { value: 200 },
			},
		];
	},
};
