import { sql } from "kysely";
import type { OperationEnd } from "#core/ports/operations.ts";
import { appendAudit } from "./audit.ts";
import { proseToColumn } from "./name-column.ts";
import type { Turn } from "./turn.ts";

/** All of it is done; what nobody counted was one thing. */
const counted = sql<number>`case when total = 0 then 1 else total end`;

export const openStates = ["requested", "running"] as const;

/** False: it was over already. */
export async function endOperation(turn: Turn, id: string, end: OperationEnd): Promise<boolean> {
	const { state } = end;
	const failed = end.state === "failed" ? end.error : undefined;
	const message = proseToColumn(end.state === "failed" ? end.error.message : end.message);
	const { numUpdatedRows } = await turn.db
		.updateTable("operations")
		.set((eb) => ({
			state,
			message,
			...(failed === undefined && { done: counted, total: counted }),
			error: failed === undefined ? null : JSON.stringify(failed),
			started_at: eb.fn.coalesce("started_at", eb.val(turn.now)),
			ended_at: turn.now,
		}))
		.where("id", "=", id)
		.where("state", "in", openStates)
		.executeTakeFirst();
	if (numUpdatedRows === 0n) return false;
	// What else is held back has hints to be announced when it goes on: only a resume takes it back.
	if (failed !== undefined) {
		const ofIt = turn.db.deleteFrom("pauses").where("operation", "=", id);
		await ofIt.where("type", "in", ["file", "process"]).execute();
	}
	await appendAudit(turn, {
		actor: "watchrabbit",
		action: `operation.${state}`,
		target: `operation:${id}`,
		detail: { message },
	});
	return true;
}

/** What is asked of a process is over with it. */
export async function forgetProcess(turn: Turn, process: string): Promise<void> {
	await turn.db.deleteFrom("pauses").where("type", "=", "process").where("name", "=", process).execute();
	const open = await turn.db
		.selectFrom("operations")
		.select("id")
		.where("target_type", "=", "process")
		.where("target_name", "=", process)
		.where("state", "in", openStates)
		.execute();
	for (const { id } of open) await endOperation(turn, id, { state: "completed", message: "the process has ended" });
}
