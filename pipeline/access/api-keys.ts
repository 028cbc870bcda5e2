import { randomBytes } from "node:crypto";
import { newSecret, secretHash } from "./secrets.ts";

/** `wr_3f9c2a7d_...`: who finds one knows what it is, and which, and secret scanners do. */
const form = /^(wr_[0-9a-f]{8})_([\w-]{43})$/;

/** The key itself, which is shown once, and what is kept of it. */
export function newApiKey(): { readonly key: string; readonly id: string; readonly hash: string } {
	const id = `wr_${randomBytes(4).toString("hex")}`;
	const secret = newSecret();
	return { key: `${id}_${secret}`, id, hash: secretHash(secret) };
}

export function partsOfApiKey(text: string): { readonly id: string; readonly hash: string } | undefined {
	const [, id, secret] = form.exec(text) ?? [];
	return id === undefined || secret === undefined ? undefined : { id, hash: secretHash(secret) };
}
