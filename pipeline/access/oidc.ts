import {
	AuthorizationResponseError,
	allowInsecureRequests,
	authorizationCodeGrant,
	buildAuthorizationUrl,
	ClientError,
	ClientSecretBasic,
	type Configuration,
	calculatePKCECodeChallenge,
	discovery,
	enableNonRepudiationChecks,
	fetchUserInfo,
	None,
	ResponseBodyError,
	randomNonce,
	randomPKCECodeVerifier,
	randomState,
	WWWAuthenticateChallengeError,
} from "openid-client";
import type { Clock } from "#core/clock.ts";
import { permanent, transient, WatchRabbitError } from "#core/errors.ts";
import type { AccessStore, Grant } from "#core/ports/access-store.ts";
import { refuseUserName } from "#domain/access.ts";
import type { OidcSettings } from "#domain/access-settings.ts";
import type { LoggedIn, Logins, Visitor } from "./logins.ts";

/** From the click to the way back. */
const pendingMs = 10 * 60_000;
const timeoutSeconds = 10;

/** What a login that was begun is known by when it comes back: in the browser that began it, and nowhere else. */
interface Pending {
	readonly state: string;
	readonly nonce: string;
	readonly verifier: string;
	readonly redirectUri: string;
	readonly until: number;
}

export interface OidcContext {
	readonly settings: OidcSettings;
	readonly store: Pick<AccessStore, "knownElsewhere">;
	readonly logins: Pick<Logins, "begin">;
	readonly clock: Clock;
}

type Claims = Readonly<Record<string, unknown>>;

/** Login where the house logs in: authorisation code with PKCE, state and nonce; signatures of ID tokens are verified. */
export class OidcLogins {
	readonly #context: OidcContext;
	#provider: Promise<Configuration> | undefined;

	constructor(context: OidcContext) {
		this.#context = context;
	}

	/**
	 * Where the browser is to be sent, and what it is to bring back, in a cookie that no script reads.
	 *
	 * @throws WatchRabbitError OIDC_AWAY (transient)
	 */
	async begin(redirectUri: string): Promise<{ readonly url: string; readonly pending: string }> {
		const { settings, clock } = this.#context;
		const provider = await this.#discovered();
		const verifier = randomPKCECodeVerifier();
		const [state, nonce] = [randomState(), randomNonce()];
		const url = buildAuthorizationUrl(provider, {
			redirect_uri: redirectUri,
			scope: settings.scopes.join(" "),
			code_challenge: await calculatePKCECodeChallenge(verifier),
			code_challenge_method: "S256",
			state,
			nonce,
		});
		const pending: Pending = { state, nonce, verifier, redirectUri, until: clock.now() + pendingMs };
		return { url: url.href, pending: Buffer.from(JSON.stringify(pending)).toString("base64url") };
	}

	/**
	 * @param returned query of the address that the browser came back to
	 * @throws WatchRabbitError OIDC_REFUSED, OIDC_INVALID, OIDC_UNVERIFIED, OIDC_UNMAPPED, USER_NAME, USER_EXISTS (permanent), OIDC_AWAY (transient)
	 */
	async finish(returned: URLSearchParams, pending: string, visitor: Visitor): Promise<LoggedIn> {
		const { settings, store, logins, clock } = this.#context;
		const begun = read(pending);
		if (begun === undefined || begun.until <= clock.now())
			throw invalid("it was not begun in this browser, or too long ago");
		const claims = await this.#claims(begun, returned);
		const name = nameOf(claims, settings);
		const grant = grantOf(claims, settings, name);
		const subject = `${settings.issuer} ${String(claims.sub)}`;
		const by = { actor: `oidc:${settings.issuer}`, now: clock.now() };
		const user = await store.knownElsewhere(
			subject,
			{ name, ...grant },
			{
				...by,
				...(visitor.request !== undefined && { request: visitor.request }),
			},
		);
		if (user.disabledAt !== undefined) {
			throw permanent("OIDC_REFUSED", `${name} is known, and was disabled here`, {
				fix: "Ask an admin (watchrabbit users enable).",
			});
		}
		return await logins.begin(user, visitor);
	}

	/** Of the ID token; what it does not say, of the user's own page, where there is one. */
	async #claims({ state, nonce, verifier, redirectUri }: Pending, returned: URLSearchParams): Promise<Claims> {
		const { settings } = this.#context;
		const provider = await this.#discovered();
		const url = new URL(redirectUri);
		url.search = returned.toString();
		try {
			const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
			const tokens = await authorizationCodeGrant(provider, url, checks);
			const claims = tokens.claims() as Claims & { readonly sub: string };
			const needed = [settings.name, "email_verified", ...settings.grants.map(({ claim }) => claim)];
			const all = needed.every((claim) => claim in claims);
			if (all || provider.serverMetadata().userinfo_endpoint === undefined) return claims;
			return { ...(await fetchUserInfo(provider, tokens.access_token, claims.sub)), ...claims };
		} catch (thrown) {
			throw this.#translated(thrown);
		}
	}

	/** Once it was reached: it is asked again for its keys, when it has others, by the library. */
	async #discovered(): Promise<Configuration> {
		this.#provider ??= this.#discover();
		try {
			return await this.#provider;
		} catch (thrown) {
			this.#provider = undefined;
			throw this.#translated(thrown);
		}
	}

	#discover(): Promise<Configuration> {
		const { issuer, clientId, clientSecret } = this.#context.settings;
		const url = new URL(issuer);
		// The configuration allows it on this machine alone.
		const here = url.protocol === "http:" ? [allowInsecureRequests] : [];
		const authentication = clientSecret === undefined ? None() : ClientSecretBasic(clientSecret);
		return discovery(url, clientId, undefined, authentication, {
			timeout: timeoutSeconds,
			execute: [enableNonRepudiationChecks, ...here],
		});
	}

	#translated(thrown: unknown): unknown {
		const { issuer } = this.#context.settings;
		if (thrown instanceof WatchRabbitError) return thrown;
		if (thrown instanceof WWWAuthenticateChallengeError) {
			return permanent("OIDC_REFUSED", `${issuer} does not know this lab by its clientId and clientSecret`, {
				cause: thrown,
				fix: "An admin compares access.oidc with what is registered there.",
			});
		}
		if (thrown instanceof AuthorizationResponseError || thrown instanceof ResponseBodyError) {
			const why = thrown.error_description ?? thrown.error;
			return permanent("OIDC_REFUSED", `${issuer} refused the login: ${why.slice(0, 300)}`, {
				cause: thrown,
				fix: "Log in again; if it stays, an admin compares access.oidc with what is registered there.",
			});
		}
		if (
			thrown instanceof ClientError &&
			thrown.code !== "OAUTH_TIMEOUT" &&
			thrown.code !== "OAUTH_RESPONSE_IS_NOT_CONFORM"
		) {
			return invalid(thrown.message, thrown);
		}
		return transient("OIDC_AWAY", `${issuer} cannot be asked who it is: ${said(thrown)}`, {
			cause: thrown,
			fix: "Try again; check that it can be reached from here, and access.oidc.issuer.",
		});
	}
}

function said(thrown: unknown): string {
	if (!(thrown instanceof Error)) return String(thrown);
	return thrown.cause instanceof Error ? `${thrown.message}: ${thrown.cause.message}` : thrown.message;
}

function invalid(why: string, cause?: unknown): WatchRabbitError {
	return permanent("OIDC_INVALID", `this is no end of a login that was begun here: ${why}`, {
		cause,
		fix: "Log in again, from the beginning.",
	});
}

function read(pending: string): Pending | undefined {
	try {
		const { state, nonce, verifier, redirectUri, until } = JSON.parse(
			Buffer.from(pending, "base64url").toString("utf8"),
		);
		if ([state, nonce, verifier].some((text) => typeof text !== "string" || text.length < 32)) return undefined;
		return typeof until === "number" && URL.canParse(redirectUri)
			? { state, nonce, verifier, redirectUri, until }
			: undefined;
	} catch {
		return undefined;
	}
}

/** An address that nobody has verified may be anybody's, and so may be the name that is made of it. */
function nameOf(claims: Claims, settings: OidcSettings): string {
	const name = claims[settings.name];
	if (typeof name !== "string") {
		throw permanent("OIDC_UNMAPPED", `the login says nothing of "${settings.name}", by which people are named here`, {
			fix: "An admin sets access.oidc.name to a claim that it has, or asks for it by access.oidc.scopes.",
		});
	}
	const verified = claims.email_verified;
	if (verified === false || (settings.name === "email" && verified !== true)) {
		throw permanent("OIDC_UNVERIFIED", `the e-mail address of ${name} was never verified at ${settings.issuer}`, {
			fix: "Verify it there, then log in again.",
		});
	}
	refuseUserName(name);
	return name;
}

function grantOf(claims: Claims, { grants, issuer }: OidcSettings, name: string): Grant {
	const fits = grants.find(({ claim, value }) => {
		const had = claims[claim];
		return Array.isArray(had) ? had.includes(value) : String(had) === value && had !== undefined;
	});
	if (fits !== undefined) return { role: fits.role, projects: fits.projects };
	const had = [...new Set(grants.map(({ claim }) => claim))].map(
		(claim) => `${claim}: ${JSON.stringify(claims[claim] ?? null)}`,
	);
	const message = `${name} is known at ${issuer}, and nothing says what he may do here (${had.join(", ").slice(0, 300)})`;
	throw permanent("OIDC_UNMAPPED", message, {
		fix: "An admin adds what fits to access.oidc.grants, or gives him there what a grant asks for.",
	});
}
