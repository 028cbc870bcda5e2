/** What a look at one thing came to. */
export interface Finding {
	/** The kind of look: configuration, R, packages, limits, watching, permissions, disk, state, clock, port, node, and the key of a service. */
	readonly check: string;
	/** What was looked at: a source, a pool, a path. */
	readonly subject: string;
	/** A warning works, but not as one may expect; a problem does not work. */
	readonly state: "ok" | "warning" | "problem";
	readonly says: string;
	/** What to do; for all that is not ok. */
	readonly fix?: string;
}

export function ok(check: string, subject: string, says: string): Finding {
	return { check, subject, state: "ok", says };
}

export function warning(check: string, subject: string, says: string, fix: string): Finding {
	return { check, subject, state: "warning", says, fix };
}

export function problem(check: string, subject: string, says: string, fix: string): Finding {
	return { check, subject, state: "problem", says, fix };
}

export function reason(error: unknown): string {
	return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
}
