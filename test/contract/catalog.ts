import { afterEach, beforeEach, describe } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import { describeAccess } from "./catalog/access.ts";
import { describeAsked } from "./catalog/asked.ts";
import { describeAttempts } from "./catalog/attempts.ts";
import { describeAudit } from "./catalog/audit.ts";
import { describeCancelling } from "./catalog/cancelling.ts";
import { describeCounts } from "./catalog/counts.ts";
import { describeDispatch } from "./catalog/dispatch.ts";
import { describeFeed } from "./catalog/feed.ts";
import { describeIntake } from "./catalog/intake.ts";
import { describeKnown } from "./catalog/known.ts";
import { describeLeases } from "./catalog/leases.ts";
import { describeListings } from "./catalog/listings.ts";
import { describeLogs } from "./catalog/logs.ts";
import { describeLosses } from "./catalog/losses.ts";
import { describeOperations } from "./catalog/operations.ts";
import { describePauses } from "./catalog/pauses.ts";
import { describeProcesses } from "./catalog/processes.ts";
import { describePromises } from "./catalog/promises.ts";
import { describeResults } from "./catalog/results.ts";
import { describeRetention } from "./catalog/retention.ts";
import { describeRooms } from "./catalog/rooms.ts";
import { describeScope } from "./catalog/scope.ts";
import { describeSeries } from "./catalog/series.ts";
import { describeSuperseding } from "./catalog/superseding.ts";
import { describeVolume } from "./catalog/volume.ts";

/** A database of its own for one test. */
export interface CatalogDatabase {
	/** What a child process opens the same database by. */
	readonly location: string;
	open(): Promise<Catalog>;
	/** Where another database is, or would be: one in which nobody has been. */
	fresh(): Promise<string>;
	/** After every catalog opened on it was closed. */
	remove(): Promise<void>;
}

export interface CatalogUnderTest {
	readonly catalog: Catalog;
	readonly location: string;
	fresh(): Promise<string>;
	/** Closes the catalog and opens it again. */
	reopen(): Promise<Catalog>;
}

/** How much the tests do that search by quantity: a server answers later than a file, and runs the same queries. */
export interface Quantities {
	readonly jobs: number;
	/** Of a property that holds for any sequence of events. */
	readonly sequences: number;
}

const full: Quantities = { jobs: 3_000, sequences: 150 };

/** What every database must do for the catalog. */
export function describeCatalog(name: string, create: () => Promise<CatalogDatabase>, quantities = full): void {
	describe(`catalog over ${name}`, () => {
		let database: CatalogDatabase;
		let catalog: Catalog;
		beforeEach(async () => {
			database = await create();
			catalog = await database.open();
		});
		afterEach(async () => {
			await catalog.close();
			await database.remove();
		});
		const under = (): CatalogUnderTest => ({
			catalog,
			location: database.location,
			fresh: () => database.fresh(),
			reopen: async () => {
				await catalog.close();
				catalog = await database.open();
				return catalog;
			},
		});

		describeFeed(under);
		describeIntake(under);
		describeDispatch(under);
		describeLosses(under);
		describeAttempts(under);
		describePromises(under);
		describeResults(under);
		describeSuperseding(under, quantities);
		describeLeases(under);
		describeKnown(under);
		describeListings(under);
		describeAsked(under);
		describeSeries(under);
		describeScope(under);
		describeCounts(under);
		describeOperations(under);
		describePauses(under);
		describeCancelling(under);
		describeLogs(under);
		describeRetention(under);
		describeRooms(under);
		describeProcesses(under);
		describeAudit(under);
		describeAccess(under);
		describeVolume(under, quantities);
	});
}
