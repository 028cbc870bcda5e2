import { z } from "zod";
import type { Cache } from "#core/ports/cache.ts";
import type { ArtifactRow } from "#core/ports/catalog-rows.ts";

interface Kind<T> {
	/** Part of every key: to be raised when the form of the answers changes, so that no older one is read. */
	readonly version: number;
	readonly ttlMs: number;
	/** What is kept may have been written by another version, or by somebody else: nothing else is given. */
	readonly form: z.ZodType<T>;
}

interface Answers {
	/** By result. A result never changes: a new run makes another one, with an id of its own. */
	manifest: { readonly text: string; readonly sha256: string };
	/** By result and name: as little as the result does it change. */
	artifact: ArtifactRow;
}

const hourMs = 3_600_000;

/**
 * What of the read API's answers may be given again: nothing else is. A key names all that its answer depends on, so that
 * nothing has to be invalidated when something changes; a kind whose answers do change says above what invalidates them.
 */
const kinds: { readonly [Name in keyof Answers]: Kind<Answers[Name]> } = {
	manifest: { version: 1, ttlMs: hourMs, form: z.object({ text: z.string(), sha256: z.string() }) },
	artifact: {
		version: 1,
		ttlMs: hourMs,
		form: z.object({
			name: z.string(),
			mediaType: z.string(),
			size: z.number(),
			sha256: z.string(),
			result: z.string(),
			pipeline: z.string(),
			source: z.string(),
			objectKey: z.string(),
			completedAt: z.number(),
		}),
	},
};

/** A kept answer, or the one that `read` gives. */
export async function cached<Name extends keyof Answers>(
	cache: Cache,
	name: Name,
	parts: readonly string[],
	read: () => Promise<Answers[Name]>,
): Promise<Answers[Name]> {
	const { version, ttlMs, form } = kinds[name];
	// With an end, so that the key of an artifact is not the prefix of another's.
	const key = `${[name, version, ...parts.map(encodeURIComponent)].join("/")}/`;
	const known = readable(await cache.answer(key, ttlMs, async () => JSON.stringify(await read())), form);
	if (known !== undefined) return known;
	await cache.invalidate(key);
	return await read();
}

/** So old may an answer be that changes: what reading it costs is shared by all who ask meanwhile. */
const recentMs = 1_000;

/** An answer as text, as it is or was a second ago. Nothing invalidates it: a second is over before anybody could. */
export function recent(
	cache: Cache,
	name: "result",
	parts: readonly string[],
	read: () => Promise<string>,
): Promise<string> {
	return cache.answer(["recent", name, 1, ...parts.map(encodeURIComponent)].join("/"), recentMs, read);
}

function readable<T>(text: string, form: z.ZodType<T>): T | undefined {
	try {
		return form.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}
