import { createOperations } from "#api/api.ts";
import type { Observed } from "#api/context.ts";
import type { Role } from "#cli/application.ts";
import { systemClock } from "#core/clock.ts";
import { asWatchRabbitError } from "#core/errors.ts";
import type { Settings } from "#domain/settings.ts";
import { persist } from "#runtime/persist.ts";
import { openState, type State } from "./state.ts";
import type { Workplace } from "./workplace.ts";

/**
 * Opens the state. A catalog that is a service, and away, is waited for, as is an object store that is to be looked into
 * first: the log says so, and health is served meanwhile, alive and not ready, where the process would serve it.
 * Undefined when the signal comes first.
 *
 * @throws WatchRabbitError DATABASE_REFUSED, DATABASE_MISSING, ...: what waiting does not mend
 */
export async function awaitState(
	settings: Settings,
	roles: readonly Role[],
	context: Observed & { readonly workplace: Pick<Workplace, "served"> },
	signal: AbortSignal,
): Promise<State | undefined> {
	const { report } = context;
	const { catalog, objects } = settings.services;
	const neighbour = catalog === undefined ? "object store" : "catalog";
	try {
		return await openState(settings, report);
	} catch (thrown) {
		const isService = catalog !== undefined || objects !== undefined;
		if (!isService || asWatchRabbitError(thrown).class !== "transient") throw thrown;
	}
	const address = roles.includes("serve")
		? settings.http
		: settings.operations && { ...settings.http, ...settings.operations };
	const operations = address && createOperations(context, address);
	try {
		if (operations !== undefined) {
			const address = await operations.listen();
			context.workplace.served(address);
			report({ event: "operations.served", address });
		}
		return await persist(neighbour, () => openState(settings, report), { clock: systemClock, report, signal });
	} catch (thrown) {
		if (signal.aborted) return undefined;
		throw thrown;
	} finally {
		await operations?.close(0);
	}
}
