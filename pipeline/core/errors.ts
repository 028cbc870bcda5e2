import { coverSecrets } from "./secrets.ts";

/**
 * transient: the same call may succeed later (a neighbour is away);
 * permanent: it will fail again until somebody changes the input or the configuration;
 * fault: this program is wrong.
 */
export type ErrorClass = "transient" | "permanent" | "fault";

/** The one family of errors. `message` says what happened, `fix` what to do next; `code` is stable and documented. Neither holds a secret. */
export class WatchRabbitError extends Error {
	readonly code: string;
	readonly class: ErrorClass;
	/** One sentence in the imperative, for the person who reads the message. */
	readonly fix: string | undefined;
	/** What was asked cannot be used at all: it would have failed the same way whatever it was asked for. */
	readonly unusable: boolean;

	constructor(kind: ErrorClass, code: string, message: string, options: Details = {}) {
		super(coverSecrets(message), options.cause === undefined ? undefined : { cause: options.cause });
		this.name = "WatchRabbitError";
		this.class = kind;
		this.code = code;
		this.fix = options.fix && coverSecrets(options.fix);
		this.unusable = options.unusable ?? false;
	}
}

type Details = { cause?: unknown; fix?: string; unusable?: boolean };

export function transient(code: string, message: string, details?: Details): WatchRabbitError {
	return new WatchRabbitError("transient", code, message, details);
}

export function permanent(code: string, message: string, details?: Details): WatchRabbitError {
	return new WatchRabbitError("permanent", code, message, details);
}

export function fault(code: string, message: string, details?: Details): WatchRabbitError {
	return new WatchRabbitError("fault", code, message, details);
}

/** System errors that pass by themselves once somebody makes room, or a share comes back. */
const transientErrnos = new Set([
	"EAGAIN",
	"EBUSY",
	"EDQUOT",
	"EIO",
	"EMFILE",
	"ENFILE",
	"ENOSPC",
	"ESTALE",
	"ETIMEDOUT",
]);

/** Any thrown value as one of ours: system errors by their errno, everything unknown as a fault. */
export function asWatchRabbitError(thrown: unknown): WatchRabbitError {
	if (thrown instanceof WatchRabbitError) return thrown;
	const error = thrown instanceof Error ? thrown : new Error(String(thrown));
	const errno = (error as NodeJS.ErrnoException).code;
	if (errno === undefined) return fault("UNEXPECTED", error.message, { cause: error });
	const kind = transientErrnos.has(errno) ? "transient" : "permanent";
	return new WatchRabbitError(kind, errno, error.message, { cause: error });
}
