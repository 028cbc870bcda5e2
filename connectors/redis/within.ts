import { transient } from "#core/errors.ts";

/** What the task gives, if it does so in time. What a late one still gives or throws, nobody hears. */
export async function within<T>(ms: number, task: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(transient("CACHE_SLOW", `no answer within ${ms} ms`)), ms);
	});
	try {
		return await Promise.race([task, late]);
	} finally {
		clearTimeout(timer);
	}
}
