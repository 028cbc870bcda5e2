import { asWatchRabbitError, transient } from "#core/errors.ts";

/**
 * For neighbours at the edge (a source, a sink): what they refuse waits for somebody to correct it, as if they were away.
 * It is told in the same words, and ends nothing here: the analyses go on.
 */
export async function waitedOut(task: () => Promise<void>): Promise<void> {
	try {
		await task();
	} catch (thrown) {
		const { class: kind, code, message, fix } = asWatchRabbitError(thrown);
		if (kind === "transient") throw thrown;
		throw transient(code, message, { cause: thrown, ...(fix === undefined ? {} : { fix }) });
	}
}
