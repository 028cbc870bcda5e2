import { AccessTokens } from "#access/access-tokens.ts";
import { Authenticator } from "#access/authenticate.ts";
import { Logins } from "#access/logins.ts";
import { OidcLogins } from "#access/oidc.ts";
import { SigningKeys } from "#access/signing-keys.ts";
import { placesIn } from "#domain/places.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { ownSecret } from "./own-secret.ts";
import type { State } from "./state.ts";

/** Who may ask the API: how he becomes known, and by what he is. */
export function openAccess(
	{ access, data, services }: Pick<Settings, "access" | "data" | "services">,
	{ catalog, clock }: Pick<State, "catalog" | "clock">,
	report: Report,
) {
	const store = catalog.access;
	const { tokenMs } = access;
	// Others on this machine may be let read the catalog, and are not to make tokens by it.
	const secret = access.secret ?? (services.catalog === undefined ? ownSecret(placesIn(data).accessSecret) : undefined);
	const tokens = new AccessTokens(new SigningKeys(store, clock, { secret, tokenMs }), clock, tokenMs);
	const logins = new Logins({ store, tokens, clock, report, sessionMs: access.sessionMs });
	return {
		tokens,
		logins,
		oidc: access.oidc && new OidcLogins({ settings: access.oidc, store, logins, clock }),
		authenticator: new Authenticator({ store, tokens, clock }),
	};
}
