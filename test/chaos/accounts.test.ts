import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { describeWith } from "#test/support/services.ts";
import { expectAllAccountedFor, expectNothingLeft } from "./accounts.ts";
import type { Site } from "./site.ts";
import { useSites } from "./sites.ts";
import { ask, keysIn } from "./walk.ts";

/** What must not be, made by hand, and what the walks say of it. Each is undone. */
interface Wrong {
	readonly what: string;
	readonly said: RegExp;
	make(site: Site, bucket: Bucket): Promise<void>;
	undo(site: Site, bucket: Bucket): Promise<void>;
}

class Bucket {
	readonly #client: S3Client;
	readonly #where: { readonly Bucket: string };
	readonly manifest: string;
	readonly artifact: string;

	constructor(client: S3Client, bucket: string, keys: readonly string[]) {
		this.#client = client;
		this.#where = { Bucket: bucket };
		const named = (end: string) => `lab/${keys.find((key) => key.endsWith(end))}`;
		this.manifest = named("/manifest.json");
		this.artifact = named("/md5.txt");
	}

	async put(Key: string): Promise<void> {
		await this.#client.send(new PutObjectCommand({ ...this.#where, Key, Body: "something else" }));
	}

	async remove(Key: string): Promise<void> {
		await this.#client.send(new DeleteObjectCommand({ ...this.#where, Key }));
	}

	async copy(from: string, Key: string): Promise<void> {
		await this.#client.send(
			new CopyObjectCommand({ ...this.#where, Key, CopySource: `${this.#where.Bucket}/${from}` }),
		);
	}
}

/** Outside what the product looks at. */
const aside = "aside";
const stray = "lab/results/nobody-1/log.txt";

const wrongs: readonly Wrong[] = [
	{
		what: "a file on disk that the ledger does not know",
		said: /the ledger knows what is on disk/,
		make: ({ at }) => at.lab.write("data/unknown.txt", "unknown\n"),
		undo: ({ at }) => rm(at.lab.path("data/unknown.txt")),
	},
	{
		what: "a result that is missing",
		said: /each content has one result/,
		make: async ({ at }) =>
			void (await ask(at.database, "CREATE TABLE kept AS SELECT * FROM results; DELETE FROM results")),
		undo: async ({ at }) => void (await ask(at.database, "INSERT INTO results SELECT * FROM kept")),
	},
	{
		what: "a result that is there twice",
		said: /each content has one result/,
		make: async ({ at }) =>
			void (await ask(
				at.database,
				"UPDATE kept SET id = 'twice'; INSERT INTO results SELECT * FROM kept; DROP TABLE kept",
			)),
		undo: async ({ at }) => void (await ask(at.database, "DELETE FROM results WHERE id = 'twice'")),
	},
	{
		what: "a manifest that is missing",
		said: /each result has its manifest/,
		make: async (_, bucket) => {
			await bucket.copy(bucket.manifest, aside);
			await bucket.remove(bucket.manifest);
		},
		undo: (_, bucket) => bucket.copy(aside, bucket.manifest),
	},
	{
		what: "an artifact that is another",
		said: /every artifact is what its manifest says/,
		make: async (_, bucket) => {
			await bucket.copy(bucket.artifact, aside);
			await bucket.put(bucket.artifact);
		},
		undo: (_, bucket) => bucket.copy(aside, bucket.artifact),
	},
	{
		what: "an object of no result",
		said: /no object is nobody's/,
		make: (_, bucket) => bucket.put(stray),
		undo: (_, bucket) => bucket.remove(stray),
	},
];

describe("the accounts that are held against one another after chaos", () => {
	describeWith(["r", "rabbitmq", "postgres", "s3", "redis", "toxiproxy"], "of a site where all is well", () => {
		const sites = useSites();

		it("agree, and no longer where something is wrong", { timeout: 300_000 }, async () => {
			const site = await sites.begin({ roles: ["watch", "flow", "work"] });
			await site.end();
			await expectAllAccountedFor(site);
			const { url, credentials } = site.services.direct.s3;
			const keys = await keysIn({ endpoint: url, credentials }, site.at.bucket);
			const client = new S3Client({ endpoint: url, credentials, region: "us-east-1", forcePathStyle: true });
			const bucket = new Bucket(client, site.at.bucket, keys);
			for (const { what, said, make, undo } of wrongs) {
				await make(site, bucket);
				await expect(expectAllAccountedFor(site), what).rejects.toThrow(said);
				await undo(site, bucket);
			}
			client.destroy();
			await expectAllAccountedFor(site);

			await expectNothingLeft(site);
			const left = spawn("sleep", ["60"], { cwd: site.at.lab.directory });
			await once(left, "spawn");
			await expect(expectNothingLeft(site)).rejects.toThrow(/processes of the lab/);
			left.kill("SIGKILL");
			await once(left, "exit");
			await site.at.lab.write("state/left.tmp", "");
			await expect(expectNothingLeft(site)).rejects.toThrow(/temporary files/);
			await rm(site.at.lab.path("state/left.tmp"));
		});
	});
});
