import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { cp, mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ListedFile, ListedResult } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { seededRandom, shuffled } from "#test/support/seeded-random.ts";
import { createServiceLab, type Services, startServices } from "#test/support/service-lab.ts";
import { describeWith } from "#test/support/services.ts";
import { describeWithSharedData, instrumentFile, instrumentFiles } from "#test/support/shared-data.ts";

const rounds = Number(process.env.WATCHRABBIT_TEST_ROUNDS ?? 5);
const seed = Number(process.env.WATCHRABBIT_TEST_SEED ?? Date.now() % 1_000_000);
/** What is left of the size nightly runs take: large files say nothing about faults that small ones do not. */
const mostBytes = 300_000;
const mostFiles = 40 * rounds;

describeWithSharedData(`instrument files over services that fail (seed ${seed})`, () => {
	describeWith(["rabbitmq", "postgres", "s3", "redis"], "while roles and services die and come back", () => {
		let services: Services;
		beforeAll(async () => {
			services = await startServices();
		});
		afterAll(() => services.stop());

		it(
			`each is analysed once, in ${rounds} rounds`,
			async () => {
				const random = seededRandom(seed);
				const lab = await createServiceLab(services, {
					source: `    include: ["**"]\n    exclude: []\n    complete: { quiet: 100ms }\n    scanEvery: 2s`,
					pipeline: "    retry: { attempts: 50, backoff: 100ms }",
				});
				const site = new Site(lab);
				await site.begin();
				const copying = copySome(lab, random);
				for (let round = 0; round < rounds; round++) {
					await pause(500 + random() * 2_000);
					await faultOf(services, site, random)();
				}
				const contents = await copying;
				await site.analyses(contents);
				await site.end();
				await expectAllAccountedFor(lab, services, contents);
				await lab.remove();
			},
			20 * 60_000,
		);
	});
});

const roles = ["watch", "serve", "flow", "flow", "work", "work"] as const;

/** The processes of one lab. */
class Site {
	readonly #lab: Product;
	readonly #running: Running[] = [];

	constructor(lab: Product) {
		this.#lab = lab;
	}

	async begin(): Promise<void> {
		for (const role of roles) this.#running.push(await this.#started(role));
	}

	async end(): Promise<void> {
		for (const running of this.#running) {
			const { code, stderr } = await running.stop();
			expect(code, stderr.slice(-3_000)).toBe(0);
		}
	}

	/** Killed, and started again as whatever watches over it would. */
	async kill(number: number): Promise<void> {
		await this.#running[number]?.stop("SIGKILL");
		this.#running[number] = await this.#started(roles[number] as string);
	}

	/** As on a host that hangs. */
	async suspend(number: number, ms: number): Promise<void> {
		this.#running[number]?.child.kill("SIGSTOP");
		await pause(ms);
		this.#running[number]?.child.kill("SIGCONT");
	}

	async analyses(contents: ReadonlySet<string>): Promise<void> {
		let found = 0;
		await eventually(
			async () => {
				const results = await this.#lab.json<ListedResult>("list", "results", "--limit", "100000");
				found = digestsOf(results).size;
				if (found < contents.size) return undefined;
				// The watch hears of it a moment later.
				return (await unanalysed(this.#lab)).length === 0 ? true : undefined;
			},
			() =>
				`${contents.size} contents are analysed; ${found} are. ${this.#running.map(({ output }) => output.slice(-800)).join("\n---\n")}`,
			240_000,
		);
	}

	async #started(role: string): Promise<Running> {
		const running = this.#lab.start("up", "--roles", role);
		await running.says(/at work/);
		return running;
	}
}

/** One of what happens to sites like this. */
function faultOf(services: Services, site: Site, random: () => number): () => Promise<void> {
	const { rabbitMq, postgres, redis } = services;
	const restart = async (kill: () => Promise<void>, start: () => Promise<void>) => {
		await kill();
		await pause(random() * 3_000);
		await start();
	};
	const number = Math.floor(random() * roles.length);
	const faults = [
		() => site.kill(number),
		() => site.kill(number),
		() => site.suspend(2, 9_000),
		() => restart(rabbitMq.kill, rabbitMq.startAgain),
		async () => {
			const server = postgres.process;
			if (server !== undefined)
				await restart(
					() => server.kill(),
					() => server.start(),
				);
		},
		async () => {
			await redis.client.flushall().catch(() => {});
			const server = redis.process;
			if (server !== undefined)
				await restart(
					() => server.kill(),
					() => server.start(),
				);
		},
	];
	return faults[Math.floor(random() * faults.length)] as () => Promise<void>;
}

/** Digests of what was copied, each once. */
async function copySome(lab: Product, random: () => number): Promise<ReadonlySet<string>> {
	const small = [...instrumentFiles()].filter((file) => statSync(instrumentFile(file)).size < mostBytes);
	const contents = new Set<string>();
	for (const file of shuffled(small, random).slice(0, mostFiles)) {
		const to = lab.path("data", file);
		await mkdir(dirname(to), { recursive: true });
		await cp(instrumentFile(file), lab.path("aside"));
		await rename(lab.path("aside"), to);
		contents.add(createHash("sha256").update(readFileSync(to)).digest("hex"));
		await pause(random() * 200);
	}
	return contents;
}

function digestsOf(results: readonly ListedResult[]): ReadonlySet<string> {
	return new Set(results.map(({ acquisition }) => acquisition.members[0]?.sha256 as string));
}

async function expectAllAccountedFor(lab: Product, { s3 }: Services, contents: ReadonlySet<string>): Promise<void> {
	const results = await lab.json<ListedResult>("list", "results", "--limit", "100000");
	expect(digestsOf(results), "no content is missing").toEqual(contents);
	expect(results.length, "no content is analysed twice").toBe(contents.size);
	expect(await unanalysed(lab)).toEqual([]);
	const manifests = (await keysIn(lab, s3)).filter((key) => key.endsWith("/manifest.json"));
	expect(manifests.length, "each result has its manifest, and no manifest is left over").toBe(results.length);
	const { stdout, stderr } = await lab.run("verify");
	expect(stdout, stderr).toContain("unaccounted: 0");
}

async function unanalysed(lab: Product): Promise<readonly ListedFile[]> {
	const files = await lab.json<ListedFile>("list", "files", "--limit", "100000");
	return files.filter(({ state, path }) => state !== "analysed" && path !== ".keep");
}

/** As the server says, by a client of the test's own. */
async function keysIn(lab: Product, { url, credentials }: Services["s3"]): Promise<string[]> {
	const [, bucket] = /s3:\/\/([^/]+)/.exec(readFileSync(lab.path("watchrabbit.yaml"), "utf8")) ?? [];
	const client = new S3Client({ endpoint: url, region: "us-east-1", credentials, forcePathStyle: true });
	const keys: string[] = [];
	let token: string | undefined;
	do {
		const page = await client.send(
			new ListObjectsV2Command({ Bucket: bucket, ...(token === undefined ? {} : { ContinuationToken: token }) }),
		);
		keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
		token = page.NextContinuationToken;
	} while (token !== undefined);
	client.destroy();
	return keys;
}
