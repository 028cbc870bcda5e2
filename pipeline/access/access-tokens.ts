import { type JSONWebKeySet, type JWTHeaderParameters, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import type { Clock } from "#core/clock.ts";
import { newSecret, secretHash } from "./secrets.ts";
import { algorithm, type SigningKeys } from "./signing-keys.ts";

/** Only who holds our key signs for these; two labs have different keys. */
const issuer = "watchrabbit";
const audience = "watchrabbit-api";
/** RFC 9068: so that no other token that our key signs is taken for one. */
const type = "at+jwt";
/** By which a token would bring its own key along. */
const keysOfItsOwn = ["jwk", "jku", "x5c", "x5u"] as const;

/** What a token says: whose session it is of. What he may is not in it, as that may change while it holds. */
export interface Claims {
	readonly session: string;
	/** What a page of ours shows to be one: see `authenticate.ts`. */
	readonly csrf: string;
	/** Milliseconds since the epoch. */
	readonly expiresAt: number;
}

/** Short-lived tokens, by which a session asks the API (RFC 9068, JWT). */
export class AccessTokens {
	readonly #keys: SigningKeys;
	readonly #clock: Clock;
	readonly #tokenMs: number;
	/** Of those whose signature was good, by their hash: a signature costs more than all the rest of a request. */
	readonly #verified = new LRUCache<string, Claims>({ max: 10_000 });

	constructor(keys: SigningKeys, clock: Clock, tokenMs: number) {
		this.#keys = keys;
		this.#clock = clock;
		this.#tokenMs = tokenMs;
	}

	async issue(session: string, user: string): Promise<{ readonly token: string } & Claims> {
		const { kid, key } = await this.#keys.signing();
		const now = this.#clock.now();
		const expiresAt = now + this.#tokenMs;
		const csrf = newSecret();
		const token = await new SignJWT({ sid: session, csrf })
			.setProtectedHeader({ alg: algorithm, kid, typ: type })
			.setSubject(user)
			.setIssuer(issuer)
			.setAudience(audience)
			.setIssuedAt(seconds(now))
			.setExpirationTime(seconds(expiresAt))
			.sign(key);
		return { token, session, csrf, expiresAt: seconds(expiresAt) * 1_000 };
	}

	/** Undefined: it is none of ours, or no longer good. */
	async verify(token: string): Promise<Claims | undefined> {
		const hash = secretHash(token);
		const claims = this.#verified.get(hash) ?? (await this.#read(token));
		if (claims === undefined || claims.expiresAt <= this.#clock.now()) return undefined;
		this.#verified.set(hash, claims);
		return claims;
	}

	published(): Promise<JSONWebKeySet> {
		return this.#keys.published();
	}

	async #read(token: string): Promise<Claims | undefined> {
		try {
			const { payload } = await jwtVerify(token, (header) => this.#keyOf(header), {
				algorithms: [algorithm],
				issuer,
				audience,
				typ: type,
				requiredClaims: ["sub", "exp", "iat"],
				currentDate: new Date(this.#clock.now()),
			});
			const { sid, csrf, exp = 0 } = payload;
			if (typeof sid !== "string" || typeof csrf !== "string") return undefined;
			return { session: sid, csrf, expiresAt: exp * 1_000 };
		} catch (thrown) {
			if (isRefusal(thrown)) return undefined;
			throw thrown;
		}
	}

	async #keyOf(header: JWTHeaderParameters) {
		const own = keysOfItsOwn.find((name) => name in header);
		const key = own === undefined ? await this.#keys.verifying(header.kid ?? "") : undefined;
		if (key !== undefined) return key;
		throw new UnknownKey();
	}
}

class UnknownKey extends Error {}

/** Of the token, not of what is asked about it. */
function isRefusal(thrown: unknown): boolean {
	return thrown instanceof UnknownKey || (thrown instanceof Error && /^ERR_(JWT|JWS|JOSE)_/.test(codeOf(thrown)));
}

function codeOf(error: Error): string {
	return "code" in error && typeof error.code === "string" ? error.code : "";
}

function seconds(ms: number): number {
	return Math.floor(ms / 1_000);
}
