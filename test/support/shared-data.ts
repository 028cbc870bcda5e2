import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

/** Files of real instruments, kept beside the checkout (../shared/data): they are not ours to ship. */
export const sharedData = fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** `describe` for tests over the instrument files; skipped, and said so, where the folder is absent. */
export function describeWithSharedData(title: string, body: () => void): void {
	if (existsSync(sharedData)) describe(title, body);
	else describe.skip(`${title} [skipped: the instrument files are not at ../shared/data beside the checkout]`, body);
}

export function instrumentFile(...names: string[]): string {
	return join(sharedData, ...names);
}

/** Relative paths of everything that an instrument wrote: expected output and notes about the sets are left out. */
export function* instrumentFiles(below = ""): Generator<string> {
	for (const name of readdirSync(instrumentFile(below))) {
		if (name.startsWith("_expected") || name === "SOURCE.md" || name === "README.md") continue;
		const path = below === "" ? name : `${below}/${name}`;
		if (statSync(instrumentFile(path)).isDirectory()) yield* instrumentFiles(path);
		else yield path;
	}
}
