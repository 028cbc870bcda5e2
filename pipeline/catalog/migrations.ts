import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { permanent } from "#core/errors.ts";
import type { AppliedMigration } from "#core/ports/catalog-store.ts";
import * as catalog from "./migrations/0001-catalog.ts";
import * as departed from "./migrations/0002-departed.ts";
import * as logMarks from "./migrations/0003-log-marks.ts";
import * as asides from "./migrations/0004-asides.ts";
import * as standing from "./migrations/0005-standing.ts";
import * as limits from "./migrations/0006-limits.ts";
import * as progress from "./migrations/0007-progress.ts";
import * as run from "./migrations/0008-run.ts";
import * as unfinishedJobs from "./migrations/0009-unfinished.ts";
import * as promised from "./migrations/0010-promised.ts";
import * as jobCounts from "./migrations/0011-job-counts.ts";
import * as awaits from "./migrations/0012-awaits.ts";
import * as access from "./migrations/0013-access.ts";
import * as operations from "./migrations/0014-operations.ts";
import * as reading from "./migrations/0015-reading.ts";
import * as answers from "./migrations/0016-answers.ts";

/** Forward only, applied in the order of their names. One that was released is never changed: add another. */
export const migrations: Readonly<Record<string, Migration>> = {
	"0001-catalog": catalog,
	"0002-departed": departed,
	"0003-log-marks": logMarks,
	"0004-asides": asides,
	"0005-standing": standing,
	"0006-limits": limits,
	"0007-progress": progress,
	"0008-run": run,
	"0009-unfinished": unfinishedJobs,
	"0010-promised": promised,
	"0011-job-counts": jobCounts,
	"0012-awaits": awaits,
	"0013-access": access,
	"0014-operations": operations,
	"0015-reading": reading,
	"0016-answers": answers,
};

/**
 * Applies what is missing, all or nothing; writes nothing when nothing is, so that a catalog can be opened read-only.
 *
 * @throws WatchRabbitError CATALOG_NEWER (permanent) when a later release has been here
 */
export async function migrate<T>(
	db: Kysely<T>,
	known: Readonly<Record<string, Migration>> = migrations,
): Promise<void> {
	const states = await migrationStates(db, known);
	if (states.every(({ applied }) => applied)) return;
	const { error } = await migratorOf(db, known).migrateToLatest();
	if (error !== undefined) throw error;
}

/** @throws WatchRabbitError CATALOG_NEWER (permanent) when a later release has been here */
export async function migrationStates<T>(
	db: Kysely<T>,
	known: Readonly<Record<string, Migration>> = migrations,
): Promise<readonly AppliedMigration[]> {
	await refuseNewer(db, known);
	const found = await migratorOf(db, known).getMigrations();
	return found.map(({ name, executedAt }) => ({ name, applied: executedAt !== undefined }));
}

function migratorOf<T>(db: Kysely<T>, known: Readonly<Record<string, Migration>>): Migrator {
	return new Migrator({ db, provider: { getMigrations: async () => ({ ...known }) } });
}

async function refuseNewer<T>(db: Kysely<T>, known: Readonly<Record<string, Migration>>): Promise<void> {
	const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
	if (!tables.some(({ name }) => name === "kysely_migration")) return;
	const applied = await (db as unknown as Kysely<{ kysely_migration: { name: string } }>)
		.selectFrom("kysely_migration")
		.select("name")
		.execute();
	const unknown = applied.find(({ name }) => !(name in known));
	if (unknown === undefined) return;
	throw permanent("CATALOG_NEWER", `the catalog was written by a newer watchrabbit (it has "${unknown.name}")`, {
		fix: "Install that version again, or a later one: there is no way back.",
	});
}
