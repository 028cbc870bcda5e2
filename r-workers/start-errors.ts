import { asWatchRabbitError, permanent, transient, WatchRabbitError } from "#core/errors.ts";
import type { LogBuffer } from "./log-buffer.ts";

/** What is short on this machine (room, processes, files to open) may be there again. */
export function cannotStart(thrown: unknown): WatchRabbitError {
	if (thrown instanceof WatchRabbitError) return thrown;
	const cause = asWatchRabbitError(thrown);
	return transient("R_START_FAILED", `R cannot be started: ${cause.message}`, { cause });
}

export function startFailed(log: LogBuffer): WatchRabbitError {
	const said = log.toString().trim().split("\n").slice(-5).join("\n");
	return transient("R_START_FAILED", `R ended while it started${said === "" ? ", without a word" : `: ${said}`}`, {
		fix: "Run `Rscript -e 1` by hand: a broken installation, .Rprofile or Renviron shows there.",
	});
}

export function neverReady(timeoutMs: number, loading: string | undefined): WatchRabbitError {
	const at = loading === undefined ? "" : `: it was loading the package ${loading}`;
	return transient("R_START_FAILED", `killed by us: R was not ready after ${timeoutMs / 1000} s${at}`, {
		fix: `See why with: Rscript -e 'library(${loading ?? "methods"})'. What loads slowly can be left out of the pool's \`preload\`.`,
	});
}

export function preloadFailed({ package: name, reason }: { readonly package: string; readonly reason: string }) {
	return permanent("R_PRELOAD_FAILED", `the package ${name} cannot be loaded: ${reason}`, {
		fix: `Install ${name} for this R, or take it out of the pool's \`preload\`.`,
	});
}
