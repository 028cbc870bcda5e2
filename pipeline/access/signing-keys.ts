import { randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JSONWebKeySet, type JWK } from "jose";
import type { Clock } from "#core/clock.ts";
import type { AccessStore, SigningKeyRow } from "#core/ports/access-store.ts";
import { seal, unseal } from "./secrets.ts";

/** What every verifier of tokens knows; RS256's keys are long, and HS256 would let who verifies sign. */
export const algorithm = "ES256";

/** A key signs for so long; the next one is made when somebody is to sign. */
const rotationMs = 30 * 86_400_000;
/** An unknown one is looked for no more often: who makes them up costs no query each. */
const lookEveryMs = 1_000;

interface Signing {
	readonly kid: string;
	readonly key: CryptoKey;
	readonly until: number;
}

/**
 * The keys of tokens, in the catalog and alike for all processes that share it: private ones are sealed by the secret of the
 * configuration, where there is one. A key that cannot be opened (the secret is another now) still verifies, and another
 * one is made to sign.
 */
export class SigningKeys {
	readonly #store: Pick<AccessStore, "signingKeys" | "addSigningKey">;
	readonly #clock: Clock;
	readonly #secret: string | undefined;
	readonly #tokenMs: number;
	#signing: Promise<Signing> | undefined;
	readonly #public = new Map<string, CryptoKey>();
	#look: { readonly at: number; readonly done: Promise<void> } | undefined;

	constructor(
		store: Pick<AccessStore, "signingKeys" | "addSigningKey">,
		clock: Clock,
		{ secret, tokenMs }: { readonly secret: string | undefined; readonly tokenMs: number },
	) {
		this.#store = store;
		this.#clock = clock;
		this.#secret = secret;
		this.#tokenMs = tokenMs;
	}

	/** The one that signs now. */
	async signing(): Promise<Signing> {
		if (((await this.#signing?.catch(() => undefined))?.until ?? 0) <= this.#clock.now())
			this.#signing = this.#choose();
		return await (this.#signing as Promise<Signing>);
	}

	/** By its id; undefined: it is none of ours, or too old to have signed what still holds. */
	async verifying(kid: string): Promise<CryptoKey | undefined> {
		const known = this.#public.get(kid);
		if (known !== undefined) return known;
		const at = this.#clock.monotonic();
		if (this.#look === undefined || at - this.#look.at >= lookEveryMs) this.#look = { at, done: this.#load() };
		// Also who comes meanwhile: a good token is not refused because its key is still being read, or cannot be.
		await this.#look.done;
		return this.#public.get(kid);
	}

	async #load(): Promise<void> {
		for (const row of await this.#good()) this.#public.set(row.kid, await imported(row.publicKey));
	}

	/** RFC 7517: for others who are to verify what we sign. */
	async published(): Promise<JSONWebKeySet> {
		return { keys: (await this.#good()).map(({ publicKey }) => JSON.parse(publicKey) as JWK) };
	}

	async #good(): Promise<readonly SigningKeyRow[]> {
		return (await this.#store.signingKeys()).filter(({ createdAt }) => createdAt >= this.#forget());
	}

	/** What was made before that has signed nothing that still holds. */
	#forget(): number {
		return this.#clock.now() - rotationMs - this.#tokenMs;
	}

	async #choose(): Promise<Signing> {
		const notBefore = this.#clock.now() - rotationMs + 1;
		const known = await this.#openable(await this.#store.signingKeys(), notBefore);
		if (known !== undefined) return known;
		const made = await this.#make();
		const first = await this.#openable(await this.#store.addSigningKey(made, notBefore, this.#forget()), notBefore);
		if (first !== undefined) return first;
		const own = await this.#openable(
			await this.#store.addSigningKey(made, Number.MAX_SAFE_INTEGER, this.#forget()),
			notBefore,
		);
		return own as Signing;
	}

	async #openable(rows: readonly SigningKeyRow[], notBefore: number): Promise<Signing | undefined> {
		for (const { kid, privateKey, createdAt } of rows) {
			const opened = createdAt < notBefore ? undefined : unseal(privateKey, this.#secret);
			if (opened !== undefined) return { kid, key: await imported(opened), until: createdAt + rotationMs };
		}
		return undefined;
	}

	async #make(): Promise<SigningKeyRow> {
		const kid = randomUUID();
		const pair = await generateKeyPair(algorithm, { extractable: true });
		const about = { kid, alg: algorithm, use: "sig" };
		const publicKey = JSON.stringify({ ...(await exportJWK(pair.publicKey)), ...about });
		const privateKey = JSON.stringify({ ...(await exportJWK(pair.privateKey)), ...about });
		return { kid, publicKey, privateKey: seal(privateKey, this.#secret), createdAt: this.#clock.now() };
	}
}

async function imported(jwk: string): Promise<CryptoKey> {
	return (await importJWK(JSON.parse(jwk) as JWK, algorithm)) as CryptoKey;
}
