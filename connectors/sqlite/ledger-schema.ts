export const identityNote = "ledger.identity";

/**
 * One row a path, with the newest event of its life in it; older events go to `history`, so that a first scan costs
 * one insert a path.
 *
 * - Paths are bytes, split into directory and name: a directory's children are one index range.
 * - A present member's `state` and `reason` are not used: it is in the state of its folder (`unit`), so that a folder
 *   of any size changes state by one row. A member that is gone keeps the state it had.
 * - A folder's `size`, `mtime_ns` and `ctime_ns` are the sum and the latest over its members; `present` counts those
 *   that are there.
 */
export const ledgerMigrations: readonly string[] = [
	`
	CREATE TABLE source (
		id INTEGER PRIMARY KEY,
		name TEXT NOT NULL UNIQUE
	) STRICT;

	CREATE TABLE directory (
		id INTEGER PRIMARY KEY,
		source INTEGER NOT NULL REFERENCES source,
		path BLOB NOT NULL,
		UNIQUE (source, path)
	) STRICT;

	CREATE TABLE entry (
		id INTEGER PRIMARY KEY,
		directory INTEGER NOT NULL REFERENCES directory,
		name BLOB NOT NULL,
		kind TEXT NOT NULL CHECK (kind IN ('file', 'folder', 'member')),
		unit INTEGER REFERENCES entry,
		state TEXT NOT NULL,
		reason TEXT,
		size INTEGER NOT NULL,
		mtime_ns INTEGER NOT NULL,
		ctime_ns INTEGER NOT NULL,
		inode INTEGER NOT NULL,
		sha256 BLOB,
		generation INTEGER NOT NULL,
		looks INTEGER NOT NULL,
		wake_at INTEGER,
		first_seen_at INTEGER NOT NULL,
		changed_at INTEGER NOT NULL,
		gone_at INTEGER,
		present INTEGER NOT NULL,
		event_at INTEGER NOT NULL,
		event TEXT NOT NULL,
		detail TEXT NOT NULL,
		UNIQUE (directory, name)
	) STRICT;
	CREATE INDEX entry_waiting ON entry (wake_at, looks) WHERE wake_at IS NOT NULL;
	CREATE INDEX entry_of_unit ON entry (unit) WHERE unit IS NOT NULL;

	CREATE TABLE history (
		id INTEGER PRIMARY KEY,
		entry INTEGER NOT NULL REFERENCES entry,
		at INTEGER NOT NULL,
		what TEXT NOT NULL,
		detail TEXT NOT NULL
	) STRICT;
	CREATE INDEX history_of_entry ON history (entry);

	CREATE TABLE note (
		name TEXT PRIMARY KEY,
		value TEXT NOT NULL
	) STRICT, WITHOUT ROWID;
	INSERT INTO note VALUES ('${identityNote}', lower(hex(randomblob(16))));
	`,
	// How many files are in each state, and "unjudged": see LedgerTally. What was published names the ledger by the note "id".
	`
	CREATE TABLE tally (
		name TEXT PRIMARY KEY,
		n INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	INSERT INTO tally
	SELECT state, sum(CASE kind WHEN 'file' THEN gone_at IS NULL WHEN 'folder' THEN present ELSE 0 END)
	FROM entry GROUP BY state;
	INSERT INTO tally SELECT 'unjudged', count(*) FROM entry WHERE wake_at IS NOT NULL AND looks = 0;

	UPDATE note SET value = (SELECT value FROM note WHERE name = 'id')
	WHERE name = '${identityNote}' AND EXISTS (SELECT 1 FROM note WHERE name = 'id');
	DELETE FROM note WHERE name = 'id';
	`,
	// The tally by source: of some another host may tell.
	`
	DROP TABLE tally;
	CREATE TABLE tally (
		source INTEGER NOT NULL REFERENCES source,
		name TEXT NOT NULL,
		n INTEGER NOT NULL,
		PRIMARY KEY (source, name)
	) STRICT, WITHOUT ROWID;
	INSERT INTO tally
	SELECT d.source, e.state, sum(CASE e.kind WHEN 'file' THEN e.gone_at IS NULL WHEN 'folder' THEN e.present ELSE 0 END)
	FROM entry e JOIN directory d ON d.id = e.directory GROUP BY d.source, e.state;
	INSERT INTO tally
	SELECT d.source, 'unjudged', count(*)
	FROM entry e JOIN directory d ON d.id = e.directory WHERE e.wake_at IS NOT NULL AND e.looks = 0 GROUP BY d.source;
	`,
	// When sources wrote: see LedgerBursts.
	`
	CREATE TABLE burst (
		source INTEGER NOT NULL REFERENCES source,
		began INTEGER NOT NULL,
		ended INTEGER NOT NULL,
		PRIMARY KEY (source, began)
	) STRICT, WITHOUT ROWID;
	INSERT INTO burst
	SELECT d.source, max(e.changed_at), max(e.changed_at)
	FROM entry e JOIN directory d ON d.id = e.directory WHERE e.state <> 'ignored' GROUP BY d.source;
	`,
	// Traces that others began, in which units were told of: see LedgerOrigins.
	`
	CREATE TABLE origin (
		unit INTEGER NOT NULL REFERENCES entry,
		n INTEGER NOT NULL,
		traceparent TEXT NOT NULL,
		PRIMARY KEY (unit, n),
		UNIQUE (unit, traceparent)
	) STRICT, WITHOUT ROWID;
	`,
];
