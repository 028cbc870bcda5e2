import { stat } from "node:fs/promises";
import { asWatchRabbitError } from "#core/errors.ts";
import { placesIn } from "#domain/places.ts";
import type { Workbench } from "../application.ts";
import { type Finding, ok, problem } from "./finding.ts";

/** What is remembered can be opened, and is whole. Before the first start there is nothing to look at. */
export async function checkState(data: string, open: () => Promise<Pick<Workbench, "close">>): Promise<Finding[]> {
	const begun = await stat(placesIn(data).ledger).catch(() => undefined);
	if (begun === undefined) return [];
	try {
		await (await open()).close();
		return [ok("state", "data", "ledger, catalog, log and queue can be opened")];
	} catch (thrown) {
		const { message, fix } = asWatchRabbitError(thrown);
		return [problem("state", "data", message, fix ?? `Put ${data} back from a copy.`)];
	}
}
