import type { Doors, Identify } from "#api/context.ts";
import { permanent } from "#core/errors.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import type { State } from "./state.ts";

type Remembered = Pick<State, "catalog" | "clock">;

/** For the API, where it asks who it is. Where it does not, nothing of it is loaded: 80 ms and 7 MB of every start. */
export async function identifying(
	settings: Pick<Settings, "access" | "data" | "services">,
	state: Remembered,
	report: Report,
): Promise<{ readonly identify?: Identify; readonly doors?: Doors }> {
	if (!settings.access.required) return {};
	const { openAccess } = await import("./open-access.ts");
	const { authenticator, logins, oidc, tokens } = openAccess(settings, state, report);
	return {
		identify: (request) => authenticator.authenticate(request),
		doors: {
			logins,
			oidc,
			refuseForged: (request) => authenticator.refuseForged(request),
			logout: async (request, refresh, visitor) => {
				const byAccess = await authenticator.sessionOf(request);
				const session = byAccess ?? (refresh === undefined ? undefined : await logins.sessionOf(refresh));
				if (session !== undefined) await logins.logout(session.id, session.user, visitor);
			},
			signingKeys: () => tokens.published(),
		},
	};
}

/**
 * An API that asks who it is, and knows nobody, would answer nobody: there is no user and no password by itself.
 *
 * @throws WatchRabbitError ACCESS_NOBODY (permanent)
 */
export async function refuseUnknown(
	{ access, http }: Pick<Settings, "access" | "http">,
	{ catalog, clock }: Remembered,
): Promise<void> {
	if (!access.required || access.oidc !== undefined || (await catalog.access.anybody(clock.now()))) return;
	const message = `the API at ${http.host}:${http.port} asks who it is, and there is no user and no key yet`;
	throw permanent("ACCESS_NOBODY", message, {
		fix: 'Make the first user: watchrabbit users add NAME --role admin. Or let nobody but this machine in: http: { listen: "127.0.0.1:8080" }.',
	});
}
