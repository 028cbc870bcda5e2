import { describe, it } from "vitest";
import { isUrl, type ServiceName, search, services } from "../../deploy/dev/services.ts";

/**
 * `describe` for tests that need what the project does not bring. Where one is missing they are skipped, with what is
 * missing and how to get it; under CI=true they fail instead, because nobody reads a skip there.
 */
export function describeWith(needed: ServiceName | readonly ServiceName[], title: string, body: () => void): void {
	const missing = [needed].flat().flatMap((name) => {
		const result = search(services[name], process.env);
		return result.found ? [] : [result.missing];
	});
	if (missing.length === 0) {
		describe(title, body);
	} else if (process.env.CI === "true") {
		describe(title, () => {
			it.each(missing)("needs what is missing: %s", (what) => {
				throw new Error(`CI=true, and ${what}`);
			});
		});
	} else {
		describe.skip(`${title} [skipped: ${missing.join("; ")}]`, body);
	}
}

/**
 * `it` for what is done to a server that is the test's own: it is stopped, or commanded. One that was given by its URL is
 * somebody's, and the test is skipped with that as its reason.
 */
export function itWithOwn(name: ServiceName): (title: string, body: () => Promise<void>) => void {
	return itUnless(whyNotOwn(name));
}

/** `describeWith` for a file of such tests. */
export function describeWithOwn(name: ServiceName, title: string, body: () => void): void {
	const why = whyNotOwn(name);
	if (why === undefined) describeWith(name, title, body);
	else describe.skip(`${title} [skipped: ${why}]`, body);
}

function whyNotOwn(name: ServiceName): string | undefined {
	const result = search(services[name], process.env);
	const given = result.found && isUrl(result.at);
	return given ? `${services[name].title} was given by its URL, and is not stopped by tests` : undefined;
}

/** `it`, skipped where there is a reason for that. */
export function itUnless(reason: string | undefined): (title: string, body: () => Promise<void>) => void {
	return (title, body) => (reason === undefined ? it(title, body) : it.skip(`${title} [skipped: ${reason}]`, body));
}

/** In a test of `itWithOwn`: it is the test's own. */
export function assertOwn<T>(own: T | undefined): asserts own is T {
	if (own === undefined) throw new Error("this needs a server of the test's own");
}

/** The path of Rscript, for tests and hooks inside `describeWith("r", ...)`. */
export function requireR(): string {
	return requireService("r");
}

/** Where it is, for tests and hooks inside `describeWith` of the same name. */
export function requireService(name: ServiceName): string {
	const result = search(services[name], process.env);
	if (!result.found) throw new Error(result.missing);
	return result.at;
}
