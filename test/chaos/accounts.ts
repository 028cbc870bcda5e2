import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { expect } from "vitest";
import { leftovers, walkDisk } from "#test/support/independent-walk.ts";
import { eventually } from "#test/support/product.ts";
import type { Site } from "./site.ts";
import { ask, walkBucket, walkCatalog, walkLedger } from "./walk.ts";

/** Disk = ledger = catalog = manifests = objects, each content once, and the program agrees. */
export async function expectAllAccountedFor(site: Site): Promise<void> {
	const { lab, database, bucket } = site.at;
	const { s3 } = site.services.direct;
	const disk = new Map(walkDisk(lab.path("data")).files);
	disk.delete(".keep");
	const ledger = walkLedger(lab.path("state/ledger.db"));
	expect([...ledger.keys()].sort(), "the ledger knows what is on disk").toEqual([...disk.keys()].sort());
	for (const [path, { state, digest }] of ledger)
		expect({ path, state, digest }).toEqual({ path, state: "analysed", digest: disk.get(path) });

	// What lost its lease with its answer may still be cleaned up after.
	const catalog = await walkCatalog(database);
	const contents = [...new Set(disk.values())].sort();
	expect(catalog.open).toEqual([]);
	expect(catalog.results.map(({ digest }) => digest).sort(), "each content has one result").toEqual(contents);
	expect(new Set(catalog.results.map(({ job }) => job)).size, "each of a job of its own").toBe(contents.length);

	const found = await walkBucket({ endpoint: s3.url, credentials: s3.credentials }, bucket);
	const ofManifests = found.manifests.map(({ key, sha256, result, digest }) => [key, sha256, result, digest]);
	const ofResults = catalog.results.map((one) => [one.manifestKey, one.manifestSha256, one.id, one.digest]);
	expect(ofManifests.sort(), "each result has its manifest, and no manifest is left over").toEqual(ofResults.sort());
	expect(found.damaged, "every artifact is what its manifest says").toEqual([]);
	expect(found.strays, "no object is nobody's").toEqual([]);

	const { code, stdout, stderr } = await lab.run("verify");
	expect(stdout, stderr).toContain("unaccounted: 0");
	expect(code, stdout).toBe(0);
}

/** After the site has ended. */
export async function expectNothingLeft(site: Site): Promise<void> {
	const { lab, database, bucket, virtualHost } = site.at;
	const { s3, rabbitMq } = site.services.direct;
	expect(processesIn(lab.directory), "processes of the lab, R among them").toEqual([]);
	await eventually(
		async () => {
			const others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
			const connections = await ask(database, `SELECT application_name, state, query ${others}`);
			return connections.length === 0 ? true : undefined;
		},
		() => "no connection to PostgreSQL is left",
		10_000,
	);
	await eventually(
		async () => {
			const connections = await rabbitMq.ask("list_connections", "vhost", "name");
			return connections.includes(virtualHost) ? undefined : true;
		},
		() => "no connection to RabbitMQ is left, and so no channel",
		10_000,
	);
	const { temporary } = await walkBucket({ endpoint: s3.url, credentials: s3.credentials }, bucket);
	expect(temporary, "temporary objects and parts").toEqual([]);
	expect(leftovers(lab.path("state")), "temporary files").toEqual([]);
	const perProcess = readdirSync(lab.path("state/processes")).flatMap((place) =>
		["runs", "pools", "inputs"].flatMap((name) => files(lab.path("state/processes", place, name))),
	);
	expect(perProcess, "files of runs and pipes of R").toEqual([]);
}

/** Below a directory, pipes among them; a process without the role that makes the directory has none. */
function files(directory: string): string[] {
	if (!existsSync(directory)) return [];
	const found = readdirSync(directory, { withFileTypes: true, recursive: true });
	return found.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => `${parentPath}/${name}`);
}

/** Processes that work in a directory, or were started for something in it. */
function processesIn(directory: string): string[] {
	return readdirSync("/proc").flatMap((pid) => {
		if (!/^\d+$/.test(pid)) return [];
		try {
			const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
			const about = [readlinkSync(`/proc/${pid}/cwd`), readFileSync(`/proc/${pid}/environ`, "utf8"), line];
			return about.some((text) => text.includes(directory)) ? [`${pid}: ${line}`] : [];
		} catch {
			return []; // it has ended meanwhile
		}
	});
}
