import type { AuditRow } from "#core/ports/audit-log.ts";
import { isoTime } from "./resources.ts";

/** As the API and the command line give an entry of the audit log. */
export function auditResource({ seq, at, actor, action, target, why, detail, request, hash }: AuditRow) {
	return {
		seq,
		at: isoTime(at),
		actor,
		action,
		target,
		why: why ?? null,
		detail: detail ?? null,
		request: request ?? null,
		hash,
	};
}
