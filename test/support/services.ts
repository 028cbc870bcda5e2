import { describe, it } from "vitest";
import { type ServiceName, search, services } from "../../deploy/dev/services.ts";

/**
 * `describe` for tests that need something the project does not bring. Where it is missing they are skipped, with what
 * is missing and how to get it; under CI=true they fail instead, because nobody reads a skip there.
 */
export function describeWith(name: ServiceName, title: string, body: () => void): void {
	const result = search(services[name], process.env);
	if (result.found) {
		describe(title, body);
	} else if (process.env.CI === "true") {
		describe(title, () => {
			it(`needs ${services[name].title}`, () => {
				throw new Error(`CI=true, and ${result.missing}`);
			});
		});
	} else {
		describe.skip(`${title} [skipped: ${result.missing}]`, body);
	}
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
