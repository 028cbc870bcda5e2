import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import {
	GetObjectCommand,
	ListMultipartUploadsCommand,
	paginateListObjectsV2,
	S3Client,
	type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { Client } from "pg";

/** What each store says of itself, asked by clients that share no code with the product. */

export interface LedgerEntry {
	readonly state: string;
	readonly digest: string | undefined;
}

/** Of the files that are there, by their paths below the source. */
export function walkLedger(file: string): ReadonlyMap<string, LedgerEntry> {
	const database = new DatabaseSync(file, { readOnly: true });
	try {
		const rows = database
			.prepare(
				`SELECT directory.path AS directory, entry.name AS name, state, sha256 FROM entry
				JOIN directory ON directory.id = entry.directory WHERE kind = 'file' AND gone_at IS NULL`,
			)
			.all() as unknown as { directory: Uint8Array; name: Uint8Array; state: string; sha256: Uint8Array | null }[];
		const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
		const pathOf = (directory: string, name: string) => (directory === "" ? name : `${directory}/${name}`);
		return new Map(
			rows
				.map(({ directory, name, state, sha256 }) => {
					const digest = sha256 === null ? undefined : Buffer.from(sha256).toString("hex");
					return [pathOf(text(directory), text(name)), { state, digest }] as const;
				})
				.filter(([path]) => path !== ".keep"),
		);
	} finally {
		database.close();
	}
}

export interface CatalogResult {
	readonly id: string;
	readonly job: string;
	readonly jobState: string;
	readonly digest: string;
	readonly manifestKey: string;
	readonly manifestSha256: string;
}

export interface FoundCatalog {
	readonly results: readonly CatalogResult[];
	/** Jobs that are not completed. */
	readonly open: readonly { readonly id: string; readonly state: string }[];
	/** Rows of what is still to be told, or to be removed. */
	readonly outbox: number;
	readonly strays: number;
}

export async function walkCatalog(url: string): Promise<FoundCatalog> {
	const rows = await ask(
		url,
		`SELECT results.id, results.job, jobs.state AS "jobState", members.sha256 AS digest,
			manifest_key AS "manifestKey", manifest_sha256 AS "manifestSha256"
		FROM results JOIN jobs ON jobs.id = results.job
		JOIN acquisition_members members ON members.acquisition = results.acquisition`,
	);
	const count = async (table: string) => Number((await ask(url, `SELECT count(*) AS n FROM ${table}`))[0]?.n);
	return {
		results: rows as unknown as CatalogResult[],
		open: (await ask(url, "SELECT id, state FROM jobs WHERE state <> 'completed'")) as unknown as FoundCatalog["open"],
		outbox: await count("outbox"),
		strays: await count("strays"),
	};
}

/** One statement, on a connection of its own. */
export async function ask(
	url: string,
	statement: string,
	...values: readonly string[]
): Promise<readonly Record<string, unknown>[]> {
	const client = new Client({ connectionString: url, application_name: "test", connectionTimeoutMillis: 10_000 });
	await client.connect();
	try {
		return (await client.query(statement, [...values])).rows;
	} finally {
		await client.end();
	}
}

export interface FoundManifest {
	readonly key: string;
	readonly sha256: string;
	readonly result: string;
	readonly digest: string;
}

export interface FoundBucket {
	readonly manifests: readonly FoundManifest[];
	/** Below results/ and named by no manifest. */
	readonly strays: readonly string[];
	/** Named by a manifest, and not there or not as it says. */
	readonly damaged: readonly string[];
	/** What an upload under way leaves: temporary objects, parts. */
	readonly temporary: readonly string[];
}

export type Reached = Required<Pick<S3ClientConfig, "endpoint" | "credentials">>;

/** Keys in a bucket, below the lab's prefix. */
export async function keysIn(reached: Reached, bucket: string): Promise<string[]> {
	return await using(reached, (client) => keysOf(client, bucket));
}

export async function walkBucket(reached: Reached, bucket: string): Promise<FoundBucket> {
	return await using(reached, async (client) => {
		const keys = new Set(await keysOf(client, bucket));
		const read = async (key: string) => {
			const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + key }));
			return Buffer.from((await Body?.transformToByteArray()) ?? []);
		};
		const manifests: FoundManifest[] = [];
		const damaged: string[] = [];
		const named = new Set<string>();
		for (const key of keys) {
			if (!key.startsWith("results/") || !key.endsWith("/manifest.json")) continue;
			const bytes = await read(key);
			const manifest = JSON.parse(bytes.toString("utf8"));
			const directory = key.slice(0, -"manifest.json".length);
			named.add(key).add(directory + manifest.log);
			for (const { name, sha256 } of manifest.artifacts as { name: string; sha256: string }[]) {
				const artifact = `${directory}artifacts/${name}`;
				named.add(artifact);
				if (!keys.has(artifact) || digestOf(await read(artifact)) !== sha256) damaged.push(artifact);
			}
			const [member] = manifest.acquisition.members;
			manifests.push({ key, sha256: digestOf(bytes), result: manifest.result, digest: member.sha256 });
		}
		const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
		return {
			manifests,
			damaged,
			strays: [...keys].filter((key) => key.startsWith("results/") && !named.has(key)),
			temporary: [
				...[...keys].filter((key) => key.startsWith(".tmp/") && key !== probe),
				...Uploads.map(({ Key = "" }) => Key),
			],
		};
	});
}

const prefix = "lab/";
/** Stays, so that every process that asks what the server keeps of conditional writes gets the same answer. */
const probe = ".tmp/conditional-writes";

async function keysOf(client: S3Client, bucket: string): Promise<string[]> {
	const keys: string[] = [];
	for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
		keys.push(...Contents.map(({ Key = "" }) => Key.slice(prefix.length)));
	return keys;
}

async function using<T>(reached: Reached, work: (client: S3Client) => Promise<T>): Promise<T> {
	const client = new S3Client({ ...reached, region: "us-east-1", forcePathStyle: true });
	try {
		return await work(client);
	} finally {
		client.destroy();
	}
}

function digestOf(bytes: Buffer): string {
	return createHash("sha256").update(bytes).digest("hex");
}
