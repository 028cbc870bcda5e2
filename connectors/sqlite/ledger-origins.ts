import type { StatementSync } from "node:sqlite";
import type { Trace } from "#core/trace.ts";
import { isOpen } from "#domain/file-state.ts";
import type { LedgerRecord } from "./ledger-record.ts";
import type { LedgerTable } from "./ledger-table.ts";
import type { Database } from "./open.ts";

/** More than a person follows; as many as OpenTelemetry keeps of one span. */
const mostOrigins = 128;

/**
 * Traces in which units were told of while they waited, until they are analysed: the catalog has their trace. A unit that
 * changes after it settled begins anew.
 */
export class LedgerOrigins {
	readonly #database: Database;
	readonly #table: LedgerTable;
	readonly #of: StatementSync;
	readonly #add: StatementSync;

	constructor(database: Database, table: LedgerTable) {
		this.#database = database;
		this.#table = table;
		this.#of = database.prepare("SELECT traceparent FROM origin WHERE unit = ? ORDER BY n");
		this.#add = database.prepare(
			`INSERT INTO origin SELECT ?1, count(*), ?2 FROM origin WHERE unit = ?1 HAVING count(*) < ${mostOrigins}
			ON CONFLICT DO NOTHING`,
		);
	}

	/** `record`: of the path that was told of. */
	add(record: LedgerRecord, { traceparent }: Trace): void {
		const unit = record.unit === undefined ? record : this.#table.byId(record.unit);
		if (unit !== undefined && isOpen(unit.state)) this.#add.run(unit.id, traceparent);
	}

	of(unit: number): readonly Trace[] {
		return this.#database
			.attempt(() => this.#of.all(unit))
			.map(({ traceparent }) => ({ traceparent: String(traceparent) }));
	}
}
