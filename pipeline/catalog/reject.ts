import type { Rejection } from "#core/ports/catalog.ts";
import { chunks } from "./insert-rows.ts";
import { proseToColumn } from "./name-column.ts";
import type { Turn } from "./turn.ts";

export async function reject(turn: Turn, { events, reason, pipeline }: Rejection): Promise<boolean> {
	let isNews = false;
	for (const chunk of chunks(events, 500)) {
		const arrivals = await turn.db
			.selectFrom("arrivals")
			.select("acquisition")
			.distinct()
			.where("event", "in", chunk)
			.execute();
		for (const { acquisition } of arrivals) {
			if (await rejectOne(turn, acquisition, reason, pipeline)) isNews = true;
		}
	}
	return isNews;
}

/** False: it was told so before. */
async function rejectOne(turn: Turn, id: string, reason: string, pipeline: string | undefined): Promise<boolean> {
	const detail = pipeline === undefined ? reason : `${pipeline}: ${reason}`;
	const told = await turn.db
		.selectFrom("history")
		.select("seq")
		.where("entity", "=", id)
		.where("what", "=", "rejected")
		.where("detail", "=", proseToColumn(detail))
		.executeTakeFirst();
	if (told !== undefined) return false;
	if (pipeline === undefined) turn.conclude(id, "rejected", detail);
	else turn.tell(id, "rejected", detail);
	return true;
}
