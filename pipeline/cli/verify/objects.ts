import type { ResultRow } from "#core/ports/catalog-rows.ts";
import {
	analysesPrefix,
	artifactKey,
	attemptOf,
	attemptPrefix,
	inputsPrefix,
	logName,
	manifestName,
} from "#domain/object-keys.ts";
import type { Workbench } from "../application.ts";
import { rowsOf } from "../listing.ts";
import { type Check, type Difference, difference } from "./difference.ts";

/** Every stored object belongs to a result, to a running attempt, to an edition of an analysis, or to the archive of inputs. */
export async function* checkObjects({ catalog, objects }: Workbench): AsyncGenerator<Check> {
	/** Objects of an attempt come together: the last one's answer is kept. */
	let last: { readonly prefix: string; readonly owned: ReadonlySet<string> } | undefined;

	for await (const { key } of objects.list("")) {
		if (key.startsWith(analysesPrefix) || key.startsWith(inputsPrefix)) continue;
		const attempt = attemptOf(key);
		if (attempt === undefined) {
			yield async () => difference("object-stray", key, "no attempt can have written it");
			continue;
		}
		const prefix = attemptPrefix(attempt.job, attempt.token);
		if (last?.prefix !== prefix) last = { prefix, owned: await ownedBy(attempt) };
		if (!last.owned.has(key)) yield () => checkStray(key, attempt);
	}

	async function checkStray(key: string, attempt: Attempt): Promise<Difference | undefined> {
		if ((await objects.head(key)) === undefined || (await ownedBy(attempt)).has(key)) return undefined;
		const job = await catalog.job(attempt.job);
		if (job?.state === "running" && job.token === attempt.token) return undefined;
		const whose = job === undefined ? "there is no such job" : `attempt ${attempt.token} of the job has no result`;
		return difference("object-stray", key, whose);
	}

	async function ownedBy({ job, token }: Attempt): Promise<ReadonlySet<string>> {
		for await (const result of rowsOf((request) => catalog.results(request), { job })) {
			if (result.token === token) return keysOf(result);
		}
		return new Set();
	}
}

interface Attempt {
	readonly job: string;
	readonly token: number;
}

function keysOf({ job, token, artifacts, manifestKey }: ResultRow): ReadonlySet<string> {
	const prefix = attemptPrefix(job, token);
	return new Set([
		manifestKey,
		prefix + manifestName,
		prefix + logName,
		...artifacts.map(({ name }) => artifactKey(job, token, name)),
	]);
}
