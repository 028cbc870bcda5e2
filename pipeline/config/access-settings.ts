import type { Project } from "#domain/access.ts";
import type { AccessSettings, OidcSettings } from "#domain/access-settings.ts";
import { isLoopback } from "#domain/loopback.ts";
import { parseListen } from "./checks/listen.ts";
import type { Config } from "./schema.ts";

export function accessSettings({ access, http }: Pick<Config, "access" | "http">): AccessSettings {
	const reachedFromElsewhere = !isLoopback(parseListen(http.listen)?.host ?? "") || http.proxies.length > 0;
	return {
		required: access.required ?? (reachedFromElsewhere || access.oidc !== undefined),
		tokenMs: access.tokens,
		sessionMs: access.sessions,
		secret: access.secret,
		oidc: access.oidc && oidcSettings(access.oidc),
	};
}

function oidcSettings(oidc: NonNullable<Config["access"]["oidc"]>): OidcSettings {
	const { issuer, clientId, clientSecret, scopes, name, grants } = oidc;
	return {
		issuer,
		clientId,
		clientSecret,
		scopes: scopes ?? ["openid", "profile", "email"],
		name: name ?? "preferred_username",
		grants: grants.map(({ projects, ...grant }) => ({ ...grant, projects: projects ?? "all" })),
	};
}

export function projectsOf({ projects, pipelines }: Pick<Config, "projects" | "pipelines">): readonly Project[] {
	return Object.entries(projects).map(([name, { sources, pipelines: named }]) => ({
		name,
		sources,
		pipelines: named ?? Object.keys(pipelines).filter((pipeline) => sources.includes(pipelines[pipeline]?.from ?? "")),
	}));
}
