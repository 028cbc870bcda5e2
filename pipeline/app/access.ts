import { AccessTokens } from "#access/access-tokens.ts";
import { Authenticator } from "#access/authenticate.ts";
import { Logins } from "#access/logins.ts";
import { SigningKeys } from "#access/signing-keys.ts";
import type { Identify } from "#api/context.ts";
import { permanent } from "#core/errors.ts";
import type { Settings } from "#domain/settings.ts";
import type { State } from "./state.ts";

type Remembered = Pick<State, "catalog" | "clock">;

/** Who may ask the API: how he becomes known, and by what he is. */
function openAccess({ access }: Pick<Settings, "access">, { catalog, clock }: Remembered) {
	const store = catalog.access;
	const tokens = new AccessTokens(new SigningKeys(store, clock, access), clock, access.tokenMs);
	return {
		tokens,
		authenticator: new Authenticator({ store, tokens, clock }),
		logins: new Logins({ store, tokens, clock, sessionMs: access.sessionMs }),
	};
}

/** For the API, where it asks who it is. */
export function identifying(settings: Pick<Settings, "access">, state: Remembered): { readonly identify?: Identify } {
	if (!settings.access.required) return {};
	const { authenticator } = openAccess(settings, state);
	return { identify: (request) => authenticator.authenticate(request) };
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
