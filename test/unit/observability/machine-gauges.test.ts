import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, statfsSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { expose } from "#observability/expose.ts";
import { type Machine, sampleMachine } from "#observability/machine-gauges.ts";
import { createMetrics } from "#observability/metrics.ts";
import type { Validity } from "#observability/validity.ts";
import { parsePrometheusText } from "#test/support/prometheus-text.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const dayMs = 86_400_000;

/** Of so many days from now on. */
function certificateOf(days: number, directory: string): string {
	const file = join(directory, `${days}.pem`);
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(directory, "key.pem")];
	execFileSync("openssl", ["req", "-x509", ...key, "-days", `${days}`, "-subj", "/CN=lab", "-out", file], {
		stdio: "ignore",
	});
	return file;
}

/** Of each service, in days: how long its certificate is good yet, and in all. */
function lives(text: string): Readonly<Record<string, readonly number[]>> {
	const samples = parsePrometheusText(text).filter(({ name }) => name.startsWith("watchrabbit_certificate_"));
	const services = Map.groupBy(samples, ({ labels }) => labels.service as string);
	return Object.fromEntries(
		[...services].map(([service, own]) => {
			const seconds = (name: string) => own.find((sample) => sample.name.includes(name))?.value ?? Number.NaN;
			const left = seconds("_end_") - Date.now() / 1000;
			return [service, [left, seconds("_lifetime_")].map((value) => Math.round((value * 1000) / dayMs))];
		}),
	);
}

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

test("a certificate is told with its end and its life, a file of several with the first to end, and no certificate without", async () => {
	const { path, remove } = temporaryDirectory();
	const [short, long] = [certificateOf(10, path), certificateOf(20, path)];
	const both = join(path, "both.pem");
	writeFileSync(both, readFileSync(long, "utf8") + readFileSync(short, "utf8"));
	const certificates = new Map([
		["broker", long],
		["broker ca", both],
		["catalog", join(path, "key.pem")],
		["cache", join(path, "none.pem")],
	]);
	const peers = new Map<string, () => Promise<Validity | undefined>>([
		["broker", async () => ({ start: Date.now() - 3 * dayMs, end: Date.now() + 7 * dayMs })],
		["catalog", async () => undefined],
		["cache", () => Promise.reject(new Error("no certificate"))],
	]);
	const told = await lines({ data: path, sources: new Map(), certificates, peers });
	expect(lives(told.join("\n"))).toEqual({ broker: [20, 20], "broker ca": [10, 10], "broker server": [7, 10] });
	remove();
});

test("of a file that is replaced the certificate is told with which the process works", async () => {
	const { path, remove } = temporaryDirectory();
	const file = certificateOf(10, path);
	const metrics = createMetrics();
	const certificates = new Map([["broker", file]]);
	sampleMachine(metrics, { data: path, sources: new Map(), certificates, peers: new Map() });
	const told = async () => lives((await expose(metrics, undefined)).text);
	expect(await told()).toEqual({ broker: [10, 10] });
	renameSync(certificateOf(20, path), file);
	const today = vi.spyOn(performance, "now").mockReturnValue(performance.now() + dayMs);
	expect(await told()).toEqual({ broker: [10, 10] });
	today.mockRestore();
	remove();
});
