import { readFileSync, statSync } from "node:fs";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import { asWatchRabbitError, permanent, type WatchRabbitError } from "#core/errors.ts";
import type { HttpSettings } from "#domain/http-settings.ts";

type Files = NonNullable<HttpSettings["tls"]>;

const lookEveryMs = 10_000;

/** Certificate and key as they are now. @throws WatchRabbitError TLS_UNUSABLE (permanent) */
export function readCertificate({ cert, key }: Files) {
	try {
		const read = { cert: readFileSync(cert), key: readFileSync(key), minVersion: "TLSv1.2" } as const;
		createSecureContext(read);
		return read;
	} catch (thrown) {
		throw permanent(
			"TLS_UNUSABLE",
			`no connection can be encrypted with ${cert} and ${key}: ${asWatchRabbitError(thrown).message}`,
			{
				cause: thrown,
				fix: "Put a certificate and the key that belongs to it there, both in PEM (http.tls).",
			},
		);
	}
}

/** Connections that begin from now on are shown what is in the files by then; what cannot be used there is told, and not taken. */
export function followCertificate(
	server: Server,
	files: Files,
	/** As it was before they were read. */
	known: string,
	told: (error?: WatchRabbitError) => void,
): () => void {
	const timer = setInterval(() => {
		const version = versionOf(files);
		if (version === known) return;
		known = version;
		try {
			server.setSecureContext(readCertificate(files));
			told();
		} catch (thrown) {
			told(asWatchRabbitError(thrown));
		}
	}, lookEveryMs);
	timer.unref();
	return () => clearInterval(timer);
}

/** What changes when a file is written or replaced; one that cannot be looked at is another one. */
export function versionOf({ cert, key }: Files): string {
	return [cert, key]
		.map((file) => {
			try {
				const { ino, mtimeNs, size } = statSync(file, { bigint: true });
				return `${ino} ${mtimeNs} ${size}`;
			} catch (thrown) {
				return String((thrown as NodeJS.ErrnoException).code);
			}
		})
		.join();
}
