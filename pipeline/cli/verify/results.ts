import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { asWatchRabbitError } from "#core/errors.ts";
import type { ResultRow } from "#core/ports/catalog-rows.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import { canonicalJson } from "#domain/canonical-json.ts";
import { analysesPrefix, artifactKey, attemptPrefix } from "#domain/object-keys.ts";
import type { Manifest } from "#domain/result.ts";
import type { Workbench } from "../application.ts";
import { rowsOf } from "../listing.ts";
import { type Check, type Difference, difference } from "./difference.ts";
import { digestOf } from "./digest.ts";

/** Every result has its manifest, the manifest says what the catalog says, and all that it names is stored as it says. */
export async function* checkResults(workbench: Workbench): AsyncGenerator<Check> {
	const { catalog, objects } = workbench;
	const editions = new Set<string>();
	for await (const result of rowsOf((request) => catalog.results(request), {}, undefined, "asc")) {
		const manifest = await readManifest(result, objects);
		if ("kind" in manifest) {
			yield async () => manifest;
			continue;
		}
		yield async () => againstCatalog(result, manifest);
		const prefix = attemptPrefix(result.job, result.token);
		yield () => checkThere(objects, prefix + manifest.log);
		for (const { name, size, sha256 } of manifest.artifacts) {
			yield () => checkObject(objects, artifactKey(result.job, result.token, name), size, sha256);
		}
		if (editions.has(manifest.analysis.digest)) continue;
		editions.add(manifest.analysis.digest);
		for (const { path, size, sha256 } of manifest.analysis.files) {
			yield () => checkObject(objects, `${analysesPrefix}${manifest.analysis.digest}/${path}`, size, sha256);
		}
	}
}

async function readManifest(result: ResultRow, objects: ObjectStore): Promise<Manifest | Difference> {
	const { id, manifestKey, manifestSha256 } = result;
	if ((await objects.head(manifestKey)) === undefined) {
		return difference("manifest-missing", id, `${manifestKey} is not in the object store`);
	}
	const damaged = (says: string) => difference("manifest-damaged", id, says);
	const bytes = await unlessDamaged(async () => buffer(await objects.get(manifestKey)), damaged);
	if ("kind" in bytes) return bytes;
	const sha256 = createHash("sha256").update(bytes).digest("hex");
	if (sha256 === manifestSha256) return JSON.parse(bytes.toString("utf8"));
	return damaged(`the SHA-256 of ${manifestKey} is ${sha256}, and was ${manifestSha256}`);
}

/** What both of them say, they say alike. */
function againstCatalog(result: ResultRow, manifest: Manifest): Difference | undefined {
	const inManifest = told({ ...manifest, id: manifest.result, source: manifest.acquisition.source });
	const inCatalog = told(result);
	const differing = Object.keys(inCatalog).filter((field) => inManifest[field] !== inCatalog[field]);
	if (differing.length === 0) return undefined;
	const detail = `manifest and catalog do not agree on ${differing.join(", ")}`;
	return difference("manifest-differs", result.id, detail);
}

type Told = Pick<
	ResultRow,
	"id" | "job" | "pipeline" | "source" | "acquisition" | "measurements" | "tables" | "artifacts" | "seconds" | "token"
>;

function told(about: Told): Readonly<Record<string, string>> {
	const { id, job, pipeline, source, acquisition, measurements, tables, artifacts, seconds, token } = about;
	const members = acquisition.members.map(({ path, size, sha256 }) => ({ path, size, sha256 }));
	const fields = {
		id,
		job,
		pipeline,
		source,
		acquisition: { id: acquisition.id, key: acquisition.key, members },
		measurements: measurements.map(({ name, value, unit, lower, upper }) => ({ name, value, unit, lower, upper })),
		tables,
		artifacts: artifacts.map(({ name, mediaType, size, sha256 }) => ({ name, mediaType, size, sha256 })),
		seconds,
		token,
	};
	return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, canonicalJson(value)]));
}

export async function checkObject(
	objects: ObjectStore,
	key: string,
	size: number,
	sha256: string,
): Promise<Difference | undefined> {
	const missing = await checkThere(objects, key);
	if (missing !== undefined) return missing;
	const damaged = (says: string) => difference("object-damaged", key, says);
	const stored = await unlessDamaged(async () => digestOf(await objects.get(key)), damaged);
	if ("kind" in stored) return stored;
	if (stored.sha256 === sha256) return undefined;
	return damaged(`${stored.size} bytes, SHA-256 ${stored.sha256}; was ${size}, ${sha256}`);
}

/** Some stores know by themselves that an object is not what was stored, and do not give it. */
async function unlessDamaged<T>(
	read: () => Promise<T>,
	damaged: (says: string) => Difference,
): Promise<T | Difference> {
	try {
		return await read();
	} catch (thrown) {
		const { code, message } = asWatchRabbitError(thrown);
		if (code === "OBJECT_DAMAGED") return damaged(message);
		throw thrown;
	}
}

async function checkThere(objects: ObjectStore, key: string): Promise<Difference | undefined> {
	if ((await objects.head(key)) !== undefined) return undefined;
	return difference("object-missing", key, "the object store does not have it");
}
