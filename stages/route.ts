import { concatMap, from, map } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import type { Stage } from "#core/stage.ts";

/** A value with the one of its routes that it goes on. */
export interface Routed<R, T> {
	readonly route: R;
	readonly value: T;
}

/**
 * Sends a message on every route that it belongs to: its receipt is forked, and resolves with the worst of the routes'
 * outcomes. One that belongs to no route is delivered: there is nothing to do with it.
 */
export function route<T, R>({ routes }: { readonly routes: (value: T) => readonly R[] }): Stage<T, Routed<R, T>> {
	return concatMap(({ value, receipt, trace }: Envelope<T>) => {
		const found = routes(value);
		const receipts = receipt.fork(found.length);
		return from(found).pipe(
			map(
				(route, i): Envelope<Routed<R, T>> => ({
					value: { route, value },
					receipt: receipts[i] as (typeof receipts)[0],
					trace,
				}),
			),
		);
	});
}
