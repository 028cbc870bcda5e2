import { hash } from "node:crypto";
import type { AuditFlaw, AuditHead } from "#core/ports/audit-log.ts";
import { canonicalJson } from "#domain/canonical-json.ts";
import type { AuditTable } from "./access-schema.ts";

/** What the first entry follows. */
export const beginning: AuditHead = { seq: 0, hash: "" };

/** Over the row as it is stored, its number and the hash before included. */
export function hashOf({ hash: _, ...row }: AuditTable): string {
	return hash("sha256", canonicalJson(row), "hex");
}

/** Holds entries against one another, in their order. */
export class Chain {
	readonly #anchor: AuditHead | undefined;
	#last = beginning;

	constructor(anchor?: AuditHead) {
		this.#anchor = anchor;
	}

	*follow(row: AuditTable): Generator<AuditFlaw> {
		const { seq } = row;
		if (seq < 1) {
			yield { seq, kind: "inserted", detail: `entry ${seq} stands before the first one` };
			return;
		}
		yield* this.#gap(seq - 1);
		const follows = this.#last;
		this.#last = { seq, hash: row.hash };
		if (hashOf(row) !== row.hash) {
			yield { seq, kind: "changed", detail: `entry ${seq} is not what its hash says` };
		} else if (follows.seq === seq - 1 && row.previous !== follows.hash) {
			yield replaced(follows.seq, `the one that entry ${seq} follows`);
		}
		if (this.#anchor?.seq === seq && this.#anchor.hash !== row.hash)
			yield replaced(seq, "the one of the head that was kept");
	}

	/** After the last one. */
	*end(): Generator<AuditFlaw> {
		if (this.#anchor !== undefined) yield* this.#gap(this.#anchor.seq);
	}

	/** What is not there up to this one. */
	*#gap(to: number): Generator<AuditFlaw> {
		const from = this.#last.seq + 1;
		if (from > to) return;
		const which = from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
		yield { seq: from, kind: "missing", detail: `${which} not there` };
	}
}

function replaced(seq: number, by: string): AuditFlaw {
	return {
		seq,
		kind: "replaced",
		detail: `entry ${seq} is not ${by}: it was written anew, or another was put in its place`,
	};
}
