import { execFileSync } from "node:child_process";
import { statfsSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expose } from "#observability/expose.ts";
import { type Machine, sampleMachine } from "#observability/machine-gauges.ts";
import { createMetrics } from "#observability/metrics.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

async function lines(machine: Machine, ask?: typeof statfs) {
	const metrics = createMetrics();
	sampleMachine(metrics, machine, ask);
	return (await expose(metrics, undefined)).text.split("\n");
}

test("disks are told by their places, without those that are away", async () => {
	const { path, remove } = temporaryDirectory();
	const told = await lines({
		data: path,
		sources: new Map([
			["plates", join(path, "away")],
			["images", path],
		]),
		certificates: new Map(),
		peers: new Map(),
	});
	const { blocks, bsize } = statfsSync(path);
	expect(told).toContain(`watchrabbit_disk_size_bytes{place="data"} ${blocks * bsize}`);
	expect(told.filter((line) => line.startsWith("watchrabbit_disk_free_bytes{"))).toEqual([
		expect.stringMatching(/^watchrabbit_disk_free_bytes\{place="data"\} \d+$/),
		expect.stringMatching(/^watchrabbit_disk_free_bytes\{place="images"\} \d+$/),
	]);
	remove();
});

test("shares that hang take one thread of Node's together, and the disk of the state is told", async () => {
	const { path, remove } = temporaryDirectory();
	const hanging: unknown[] = [];
	const ask = ((directory: string) => {
		if (directory === path) return statfs(directory);
		hanging.push(directory);
		return new Promise(() => {});
	}) as typeof statfs;
	const sources = new Map(["a", "b", "c", "d"].map((share) => [share, join(path, share)]));
	const told = await lines({ data: path, sources, certificates: new Map(), peers: new Map() }, ask);
	expect(told.filter((line) => line.startsWith("watchrabbit_disk_free_bytes{"))).toHaveLength(1);
	expect(hanging).toEqual([join(path, "a")]);
	remove();
});

test("a certificate is told with its end, a file of several with the first end of them, and no certificate without", async () => {
	const { path, remove } = temporaryDirectory();
	const made = (days: number) => {
		const file = join(path, `${days}.pem`);
		const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(path, "key.pem")];
		execFileSync("openssl", ["req", "-x509", ...key, "-days", `${days}`, "-subj", "/CN=lab", "-out", file], {
			stdio: "ignore",
		});
		return file;
	};
	const [short, long] = [made(10), made(20)];
	const both = join(path, "both.pem");
	writeFileSync(both, execFileSync("cat", [long, short]));
	const certificates = new Map([
		["broker", long],
		["broker ca", both],
		["catalog", join(path, "key.pem")],
		["cache", join(path, "none.pem")],
	]);
	const peers = new Map<string, () => Promise<number | undefined>>([
		["broker", async () => Date.now() + 7 * 86_400_000],
		["catalog", async () => undefined],
	]);
	const told = (await lines({ data: path, sources: new Map(), certificates, peers })).filter((line) =>
		/_end_.*\{/.test(line),
	);
	const daysOf = (service: string) => {
		const line = told.find((one) => one.includes(`service="${service}"`));
		return Math.round((Number(line?.split(" ").at(-1)) - Date.now() / 1000) / 86_400);
	};
	expect(told).toHaveLength(3);
	expect([daysOf("broker"), daysOf("broker ca"), daysOf("broker server")]).toEqual([20, 10, 7]);
	remove();
});
