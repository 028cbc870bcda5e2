import { setTimeout as pause } from "node:timers/promises";
import { type Bench, type BenchContext, median, quantile } from "../harness.ts";
import { createLab, dropFile, everyItem, Product } from "../product.ts";

const quietMs = 300;

interface Acquisition {
	readonly key: string;
	readonly settledAt: string;
}

/**
 * From the moment that a writer has closed a file to the moment that it is settled, less the quiet time that the
 * configuration asks for. One file at a time, as an instrument writes them; both clocks are the machine's.
 */
export const bench: Bench = {
	id: "P3",
	title: "closed to settled, beyond the quiet time",
	async run(context) {
		const late = await latenesses(context, context.quick ? 50 : 500);
		const what = "closed to settled beyond the quiet time";
		return [
			{ what: `${what}, median`, value: median(late), unit: "ms", better: "lower" },
			{ what: `${what}, p99`, value: quantile(late, 0.99), unit: "ms", better: "lower", goal: { value: 20 } },
		];
	},
};

async function latenesses({ directory, say }: BenchContext, files: number): Promise<number[]> {
	const lab = createLab(directory, quietMs);
	const product = new Product(lab);
	const closedAt = new Map<string, number>();
	const drop = async (name: string) => {
		dropFile(lab.watched, name);
		closedAt.set(`${name}.csv`, Date.now());
		await pause(30 + Math.random() * 40);
	};
	try {
		const address = await product.ready();
		for (let i = 0; i < 20; i++) await drop(`warm-up-${i}`);
		for (let i = 0; i < files; i++) await drop(`plate-${i}`);
		say(`${files} files were written`);
		for (;;) {
			const settled = await everyItem<Acquisition>(address, "acquisitions");
			if (settled.length === closedAt.size) {
				return settled
					.filter(({ key }) => !key.startsWith("warm-up"))
					.map(({ key, settledAt }) => Date.parse(settledAt) - (closedAt.get(key) as number) - quietMs);
			}
			await pause(500);
		}
	} finally {
		await product.stop();
	}
}
