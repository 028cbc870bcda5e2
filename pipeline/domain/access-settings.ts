import type { AccessRole } from "./access.ts";

/** Who has to say who he is, and how long what he is given for it holds. */
export interface AccessSettings {
	/** Said so, or the API is reached from other machines. False: whoever reaches it may do everything. */
	readonly required: boolean;
	/** Of an access token: after that it is refreshed. */
	readonly tokenMs: number;
	/** From a login to the next one. */
	readonly sessionMs: number;
	/** By which private keys are encrypted in the catalog; undefined: they are not. */
	readonly secret: string | undefined;
	readonly oidc: OidcSettings | undefined;
}

/** Where people of the house log in already (OpenID Connect). */
export interface OidcSettings {
	readonly issuer: string;
	readonly clientId: string;
	/** Undefined: a public client. */
	readonly clientSecret: string | undefined;
	readonly scopes: readonly string[];
	/** The claim that names the user here. */
	readonly name: string;
	/** In order: the first whose claim has its value says what the user may. */
	readonly grants: readonly OidcGrant[];
}

export interface OidcGrant {
	readonly claim: string;
	/** Of the claim, or one of several. */
	readonly value: string;
	readonly role: AccessRole;
	readonly projects: readonly string[] | "all";
}

/** Where no configuration says anything of it. */
export const openAccess: AccessSettings = {
	required: false,
	tokenMs: 600_000,
	sessionMs: 43_200_000,
	secret: undefined,
	oidc: undefined,
};
