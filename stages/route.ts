import type { Receipt } from "#core/receipt.ts";
import { emit, type Stage, stage } from "#core/stage.ts";

export interface RouteOptions<T, R> {
	readonly routes: (value: T) => readonly R[];
	/** Told of what belongs to no route. */
	readonly unrouted?: (value: T) => void;
}

/** A value with the one of its routes that it goes on. */
export interface Routed<R, T> {
	readonly route: R;
	readonly value: T;
}

/**
 * Sends a message on every route that it belongs to: its receipt is forked, and resolves after the last of them with
 * the worst of their outcomes. One that belongs to no route is delivered: there is nothing to do with it.
 */
export function route<T, R>({ routes, unrouted }: RouteOptions<T, R>): Stage<T, Routed<R, T>> {
	return stage((outlet) => ({
		next: ({ value, receipt, trace }) => {
			const found = routes(value);
			if (found.length === 0) unrouted?.(value);
			const receipts = receipt.fork(found.length);
			for (let i = 0; i < found.length; i++) {
				emit(outlet, { value: { route: found[i] as R, value }, receipt: receipts[i] as Receipt, trace });
			}
		},
	}));
}
