import { asWatchRabbitError, transient, type WatchRabbitError } from "./errors.ts";

/** What became of a delivery. Ordered: a rejected child outweighs one to retry, which outweighs a delivered one. */
export type Outcome =
	| { readonly kind: "delivered" }
	| { readonly kind: "retry"; readonly cause: WatchRabbitError; readonly afterMs?: number }
	| { readonly kind: "rejected"; readonly cause: WatchRabbitError };

const severity = { delivered: 0, retry: 1, rejected: 2 } as const;

export const delivered: Outcome = Object.freeze({ kind: "delivered" });

/** The message is fine, the moment is not: deliver it again, after `afterMs` milliseconds if given. */
export function retry(cause: WatchRabbitError, afterMs?: number): Outcome {
	return afterMs === undefined ? { kind: "retry", cause } : { kind: "retry", cause, afterMs };
}

/** The message will never succeed: keep it whole, with its cause, where a person sees it. */
export function rejected(cause: WatchRabbitError): Outcome {
	return { kind: "rejected", cause };
}

/** What a thrown value makes of the message that it was thrown for: to be tried again where that may help, else rejected. */
export function failure(thrown: unknown): Outcome {
	const error = asWatchRabbitError(thrown);
	return error.class === "transient" ? retry(error) : rejected(error);
}

/** What becomes of a message that a stage still holds when its pipeline is taken down: it is fine, and comes again. */
export const tornDown: Outcome = Object.freeze(
	retry(transient("TORN_DOWN", "the pipeline was taken down before this was done")),
);

/** The worse of two outcomes; of two equally bad ones the first, so that the earliest cause is the one told. */
export function worse(a: Outcome, b: Outcome): Outcome {
	return severity[b.kind] > severity[a.kind] ? b : a;
}
