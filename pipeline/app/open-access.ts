import { AccessTokens } from "#access/access-tokens.ts";
import { Authenticator } from "#access/authenticate.ts";
import { Logins } from "#access/logins.ts";
import { OidcLogins } from "#access/oidc.ts";
import { SigningKeys } from "#access/signing-keys.ts";
import type { Settings } from "#domain/settings.ts";
import type { State } from "./state.ts";

/** Who may ask the API: how he becomes known, and by what he is. */
export function openAccess({ access }: Pick<Settings, "access">, { catalog, clock }: Pick<State, "catalog" | "clock">) {
	const store = catalog.access;
	const tokens = new AccessTokens(new SigningKeys(store, clock, access), clock, access.tokenMs);
	const logins = new Logins({ store, tokens, clock, sessionMs: access.sessionMs });
	return {
		tokens,
		logins,
		oidc: access.oidc && new OidcLogins({ settings: access.oidc, store, logins, clock }),
		authenticator: new Authenticator({ store, tokens, clock }),
	};
}
