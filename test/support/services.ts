import { describe, it } from "vitest";
import { type ServiceName, search, services } from "../../deploy/dev/services.ts";

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
