import { permanent } from "#core/errors.ts";

/** Who may do what: the words that the API, the command line and the catalog share. */

/** What a principal is allowed; `service` is for machines that bring files and read results. */
export const accessRoles = ["viewer", "operator", "admin", "service"] as const;
export type AccessRole = (typeof accessRoles)[number];

/** What a route asks for. */
export type Permission = "read" | "ingest" | "operate" | "administer";

export const permissionsOf: Readonly<Record<AccessRole, readonly Permission[]>> = {
	viewer: ["read"],
	operator: ["read", "ingest", "operate"],
	admin: ["read", "ingest", "operate", "administer"],
	service: ["read", "ingest"],
};

/** Who asks. */
export interface Principal {
	/** `anyone`: nobody has to say who he is here. */
	readonly kind: "user" | "key" | "anyone";
	readonly id: string;
	/** As the audit log and the log name it. */
	readonly name: string;
	readonly role: AccessRole;
	/** Names of projects of the configuration. */
	readonly projects: readonly string[] | "all";
	/** Of what the role allows only this; left out: all of it. */
	readonly permissions?: readonly Permission[];
}

/** The same one, who may do and see the same as before. */
export function isSame(one: Principal, other: Principal): boolean {
	const said = ({ kind, id, role, projects, permissions }: Principal) =>
		JSON.stringify([kind, id, role, projects, permissions ?? null]);
	return said(one) === said(other);
}

export function allows(
	{ role, permissions }: Pick<Principal, "role" | "permissions">,
	permission: Permission,
): boolean {
	return permissionsOf[role].includes(permission) && (permissions?.includes(permission) ?? true);
}

/** Names of users and keys are told in the log, the audit log and lists: no spaces, and nothing that steers a terminal. */
export function isUserName(name: string): boolean {
	return /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@+-]{0,63}$/u.test(name);
}

/** @throws WatchRabbitError USER_NAME (permanent) */
export function refuseUserName(name: string): void {
	if (isUserName(name)) return;
	throw permanent("USER_NAME", `${JSON.stringify(name)} can be no name of a user or a key`, {
		fix: "Take letters and digits, and . _ @ + - between them, at most 64 of them.",
	});
}

/** What upper and lower case, and other ways to write the same letters, leave alike: one user has one. */
export function nameKey(name: string): string {
	return name.normalize("NFKC").toLowerCase();
}

/** A part of the lab that belongs together: its sources, and its pipelines. */
export interface Project {
	readonly name: string;
	readonly sources: readonly string[];
	readonly pipelines: readonly string[];
}

/**
 * Which part of the lab is seen. What a pipeline made (jobs, results, measurements, artifacts) is seen with the pipeline,
 * whatever source it reads; what was only watched (files, acquisitions) is seen with its source.
 */
export type Scope = "everything" | { readonly sources: readonly string[]; readonly pipelines: readonly string[] };

/** What a principal sees; a project that the configuration no longer has shows nothing. */
export function scopeOf({ projects }: Pick<Principal, "projects">, known: readonly Project[]): Scope {
	if (projects === "all") return "everything";
	const own = known.filter(({ name }) => projects.includes(name));
	return {
		sources: [...new Set(own.flatMap(({ sources }) => sources))],
		pipelines: [...new Set(own.flatMap(({ pipelines }) => pipelines))],
	};
}

export function seesSource(scope: Scope, source: string): boolean {
	return scope === "everything" || scope.sources.includes(source);
}

export function seesPipeline(scope: Scope, pipeline: string): boolean {
	return scope === "everything" || scope.pipelines.includes(pipeline);
}
