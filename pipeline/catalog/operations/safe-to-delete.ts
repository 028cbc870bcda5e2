import { displayPath } from "#domain/path.ts";
import { nameFromColumn } from "../name-column.ts";
import type { AcquisitionsTable } from "../schema.ts";
import type { Turn } from "../turn.ts";
import { type Begin, refused, unknown } from "./begun.ts";

/** What is stored is read back first, by a process that has the store: then `markSafe`. */
export const safeToDelete: Begin = async (turn, { target }) => {
	const { source, safe_at } = await currentAcquisition(turn, target.name);
	if (safe_at === null) return { state: "requested", source, message: "what is stored of it is to be read back" };
	const since = new Date(safe_at).toISOString();
	return {
		state: "completed",
		already: true,
		source,
		message: `acquisition ${target.name} is safe to delete since ${since}`,
	};
};

/** In one turn with what was found of it: a newer version, or a result that was superseded meanwhile, and nothing is marked. */
export async function markSafe(
	turn: Turn,
	operation: string,
	acquisition: string,
	results: readonly string[],
): Promise<void> {
	await currentAcquisition(turn, acquisition);
	const current = await turn.db
		.selectFrom("results")
		.select("id")
		.where("id", "in", [...results, ""])
		.where("state", "=", "current")
		.execute();
	const links = await turn.db
		.selectFrom("acquisition_jobs as link")
		.innerJoin("jobs", "jobs.id", "link.job")
		.select(["link.pipeline", "jobs.id", "jobs.state", "jobs.result"])
		.where("link.acquisition", "=", acquisition)
		.orderBy("link.seq")
		.execute();
	const last = [...new Map(links.map((link) => [link.pipeline, link])).values()];
	const other = last.find(({ state, result }) => state !== "completed" || !results.includes(result ?? ""));
	if (other !== undefined || current.length < results.length) {
		throw refused(`what was made of acquisition ${acquisition} changed while it was read back`, "Ask again.");
	}
	await turn.db.updateTable("acquisitions").set({ safe_at: turn.now }).where("id", "=", acquisition).execute();
	turn.tell(acquisition, "safe to delete", `by operation ${operation}: its files may be removed at their source`);
}

async function currentAcquisition(turn: Turn, id: string): Promise<AcquisitionsTable> {
	const row = await turn.db.selectFrom("acquisitions").selectAll().where("id", "=", id).executeTakeFirst();
	if (row === undefined) {
		throw unknown({ type: "acquisition", name: id }, "Its id is in what `watchrabbit show` tells of a job.");
	}
	if (row.superseded_by === null) return row;
	throw refused(
		`acquisition ${id} is superseded by ${row.superseded_by}: what lies at ${displayPath(nameFromColumn(row.key))} is another version`,
		`Ask for that one: ${row.superseded_by}`,
	);
}
