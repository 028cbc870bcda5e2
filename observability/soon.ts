import { setTimeout as pause } from "node:timers/promises";

/** What hangs costs its own series, and not those that are told with it. */
const patienceMs = 1_000;

/** Undefined: it cannot be told, or not soon enough. */
export async function soon<T>(answer: Promise<T>): Promise<T | undefined> {
	const over = new AbortController();
	const late = pause(patienceMs, undefined, { signal: over.signal });
	try {
		return await Promise.race([answer, late]);
	} catch {
		return undefined;
	} finally {
		over.abort();
		late.catch(() => {});
	}
}
