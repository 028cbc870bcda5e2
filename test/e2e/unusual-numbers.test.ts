import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createLab } from "#test/support/lab.ts";
import type { Product, Running } from "#test/support/product.ts";

const directories = 10;
const filesEach = 10_000;
const megabyte = 2 ** 20;

let lab: Product;

afterEach(async () => {
	await lab.remove();
});

describe("100,000 files at once", () => {
	it("are all accounted for, settled, and taken in, in bounded memory", async () => {
		lab = await createLab({
			source: `    complete: { quiet: 300ms }
  many:
    watch: ./many
    complete: { quiet: 300ms }`,
		});
		for (let d = 0; d < directories; d++) await writeMany(`many/${d}`);
		const up = lab.start("up", "--until-idle");
		const peak = peakMemory(up);
		const { code, stderr } = await up.ended;
		expect(code, stderr.slice(-2_000)).toBe(0);
		const { stdout } = await lab.run("verify", "--json");
		expect(JSON.parse(stdout)).toMatchObject({ unaccounted: 0, states: { settled: directories * filesEach } });
		expect(await peak).toBeLessThan(600 * megabyte);
	}, 300_000);
});

/** Every other one has content of its own, the rest are copies of one another. */
async function writeMany(directory: string): Promise<void> {
	await mkdir(lab.path(directory), { recursive: true });
	for (let from = 0; from < filesEach; from += 500) {
		const batch = Array.from({ length: 500 }, (_, i) => from + i);
		await Promise.all(
			batch.map((i) => writeFile(lab.path(directory, `${i}.csv`), i % 2 === 0 ? "a copy\n" : `${directory};${i}\n`)),
		);
	}
}

/** The largest resident size of a program, known once it has ended; 0 where the system does not tell (Linux does). */
async function peakMemory({ child, ended }: Running): Promise<number> {
	let peak = 0;
	const timer = setInterval(() => {
		peak = Math.max(peak, residentPeak(child.pid as number));
	}, 100);
	await ended;
	clearInterval(timer);
	return peak;
}

function residentPeak(pid: number): number {
	try {
		return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
	} catch {
		return 0;
	}
}
