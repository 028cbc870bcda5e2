import { permanent, transient, WatchRabbitError } from "#core/errors.ts";

/** What Redis refuses until somebody changes something, with what to change. */
const refusals: readonly (readonly [pattern: RegExp, code: string, what: string, fix: string])[] = [
	[
		/WRONGPASS|invalid password|invalid username-password|called without any password configured/i,
		"CACHE_PASSWORD_WRONG",
		"Redis does not take the user and password",
		"Correct the user and password in the URL of the cache.",
	],
	[
		/NOAUTH|Authentication required/i,
		"CACHE_PASSWORD_MISSING",
		"Redis asks for a password",
		"Give it in the URL of the cache: redis://user:password@host; that of sentinels as sentinelPassword.",
	],
	[
		/NOPERM/,
		"CACHE_PERMISSION_MISSING",
		"Redis does not let this user do what a cache needs",
		"Let the user run get, set, pttl, unlink, scan, info, publish and subscribe, for its keys and channels.",
	],
	[
		/DB index is out of range/i,
		"CACHE_DATABASE_MISSING",
		"Redis has no database of this number",
		"Correct the number at the end of the URL of the cache.",
	],
	[
		/unable to verify|self.signed|certificate|ERR_TLS|SSL routines|wrong version number/i,
		"CACHE_CERTIFICATE_REFUSED",
		"no encrypted connection to Redis comes about",
		"Name the certificates of the authority to trust (tls: ca), or write redis:// where Redis does not encrypt.",
	],
];

/** Redis has no room left, and is configured to drop nothing. */
export function isFull(thrown: unknown): boolean {
	return thrown instanceof Error && /^OOM/.test(thrown.message);
}

export function full(): WatchRabbitError {
	return permanent("CACHE_FULL", "Redis has no room for more answers", {
		fix: "Set maxmemory-policy allkeys-lru, so that it drops what nobody asks for, or give it more memory (maxmemory).",
	});
}

/** Of what was thrown only the words are kept: the error of a refused login carries the password. */
export function asCacheError(thrown: unknown): WatchRabbitError {
	if (thrown instanceof WatchRabbitError) return thrown;
	const { message, code }: NodeJS.ErrnoException = thrown instanceof Error ? thrown : new Error(String(thrown));
	const words = code === undefined ? message : `${code}: ${message}`;
	const known = refusals.find(([pattern]) => pattern.test(words));
	if (known !== undefined) return permanent(known[1], known[2], { fix: known[3] });
	return transient("CACHE_AWAY", `Redis does not answer: ${words || "the connection is closed"}`, {
		fix: "Nothing to do if it comes back: answers only take longer. Else see whether it runs and can be reached.",
	});
}
