import { permanent } from "#core/errors.ts";
import type { Promised } from "#core/ports/inlet.ts";

const algorithms = { "sha-256": { name: "sha256", bytes: 32 }, "sha-512": { name: "sha512", bytes: 64 } } as const;

/**
 * Of `Content-Digest` and `Repr-Digest` (RFC 9530), which say the same of a body that is not encoded: those of SHA-256 and
 * SHA-512, in hexadecimal. Others are none of ours, and are left out as the RFC has it.
 *
 * @throws WatchRabbitError REQUEST_INVALID (permanent)
 */
export function promisedDigests(...headers: readonly (string | string[] | undefined)[]): Promised {
	const members = headers.flat().flatMap((header) => header?.split(",") ?? []);
	return Object.fromEntries(members.flatMap((member) => promised(member.trim())));
}

function promised(member: string): [string, string][] {
	const [, algorithm = "", text] = /^([a-z0-9-]+)=:([A-Za-z0-9+/]+={0,2}):$/.exec(member) ?? [];
	if (text === undefined) throw malformed(member);
	if (!(algorithm in algorithms)) return [];
	const { name, bytes } = algorithms[algorithm as keyof typeof algorithms];
	const digest = Buffer.from(text, "base64");
	if (digest.length !== bytes) throw malformed(member);
	return [[name, digest.toString("hex")]];
}

function malformed(member: string) {
	return permanent("REQUEST_INVALID", `"${member}" is no digest`, {
		fix: "Write sha-256=:<base64>: or sha-512=:<base64>:, several with commas between them.",
	});
}
