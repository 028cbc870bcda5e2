import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 bits that nobody guesses: 43 characters that fit into a URL and a header. */
export function newSecret(): string {
	return randomBytes(32).toString("base64url");
}

/**
 * Of a secret of 256 random bits: nobody can try them all, so that a slow hash as for passwords would protect nothing more,
 * and cost every request what it costs a thief.
 */
export function secretHash(secret: string): string {
	return hash("sha256", secret, "hex");
}

/** Takes as long wherever they differ. */
export function same(a: string, b: string): boolean {
	const [left, right] = [Buffer.from(a), Buffer.from(b)];
	return left.length === right.length && timingSafeEqual(left, right);
}

const sealed = "sealed:1:";

/** By AES-256-GCM, under a key of its own derived from the secret. Without one it stays as it is. */
export function seal(text: string, secret: string | undefined): string {
	if (secret === undefined) return text;
	const [salt, iv] = [randomBytes(16), randomBytes(12)];
	const cipher = createCipheriv("aes-256-gcm", keyOf(secret, salt), iv);
	const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
	return sealed + Buffer.concat([salt, iv, cipher.getAuthTag(), encrypted]).toString("base64url");
}

/** Undefined where it was sealed by another secret, or changed since. */
export function unseal(text: string, secret: string | undefined): string | undefined {
	if (!text.startsWith(sealed)) return text;
	if (secret === undefined) return undefined;
	const bytes = Buffer.from(text.slice(sealed.length), "base64url");
	const decipher = createDecipheriv("aes-256-gcm", keyOf(secret, bytes.subarray(0, 16)), bytes.subarray(16, 28));
	decipher.setAuthTag(bytes.subarray(28, 44));
	try {
		return decipher.update(bytes.subarray(44), undefined, "utf8") + decipher.final("utf8");
	} catch {
		return undefined;
	}
}

function keyOf(secret: string, salt: Uint8Array): Uint8Array {
	return new Uint8Array(hkdfSync("sha256", secret, salt, "watchrabbit private keys", 32));
}
