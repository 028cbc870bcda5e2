import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

/** Files of real instruments, kept beside the checkout (../shared/data): they are not ours to ship. */
export const sharedData = fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** `describe` for tests over the instrument files; skipped, and said so, where the folder is absent. */
export function describeWithSharedData(title: string, body: () => void): void {
	if (existsSync(sharedData)) describe(title, body);
	else describe.skip(`${title} [skipped: the instrument files are not at ../shared/data beside the checkout]`, body);
}
