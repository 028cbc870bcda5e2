import { transient } from "#core/errors.ts";

/** What the task gives, if it does so in time. What a late one still gives or throws, nobody hears. */
export async function within<T>(ms: number, task: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		const fail = () => reject(transient("CACHE_SLOW", `no answer within ${ms} ms`));
		// In a turn of its own: an answer that came while this process was busy is heard before it is called late.
		timer = setTimeout(() => setImmediate(fail), ms);
	});
	try {
		return await Promise.race([task, late]);
	} finally {
		clearTimeout(timer);
	}
}
