import { execFileSync } from "node:child_process";
import { statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expose } from "#observability/expose.ts";
import { sampleMachine } from "#observability/machine-gauges.ts";
import { createMetrics } from "#observability/metrics.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

async function lines(machine: Parameters<typeof sampleMachine>[1]) {
	const metrics = createMetrics();
	sampleMachine(metrics, machine);
	return (await expose(metrics, undefined)).text.split("\n");
}

test("disks are told by their places, without those that are away", async () => {
	const { path, remove } = temporaryDirectory();
	const told = await lines({
		places: new Map([
			["data", path],
			["plates", join(path, "away")],
		]),
		certificates: new Map(),
	});
	const { blocks, bsize } = statfsSync(path);
	expect(told).toContain(`watchrabbit_disk_size_bytes{place="data"} ${blocks * bsize}`);
	expect(told.filter((line) => line.startsWith("watchrabbit_disk_free_bytes{"))).toEqual([
		expect.stringMatching(/^watchrabbit_disk_free_bytes\{place="data"\} \d+$/),
	]);
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
	const told = (await lines({ places: new Map(), certificates })).filter((line) => /_end_.*\{/.test(line));
	const daysOf = (service: string) => {
		const line = told.find((one) => one.includes(`service="${service}"`));
		return Math.round((Number(line?.split(" ").at(-1)) - Date.now() / 1000) / 86_400);
	};
	expect(told).toHaveLength(2);
	expect([daysOf("broker"), daysOf("broker ca")]).toEqual([20, 10]);
	remove();
});
