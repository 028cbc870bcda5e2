import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { removeTree } from "#runtime/remove-tree.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let root: string;
let remove: () => void;
beforeEach(() => {
	({ path: root, remove } = temporaryDirectory());
});
afterEach(() => remove());

describe("removing a run's directory", () => {
	test.each([3, 250])("it goes with the %i files in it", async (files) => {
		const directory = join(root, "run");
		mkdirSync(join(directory, "work", "deep"), { recursive: true });
		for (let i = 0; i < files; i++) writeFileSync(join(directory, "work", "deep", `file-${i}`), "");
		await removeTree(directory);
		expect(existsSync(directory)).toBe(false);
	});

	test("what a link in it points to stays", async () => {
		mkdirSync(join(root, "elsewhere"));
		writeFileSync(join(root, "elsewhere", "kept"), "");
		mkdirSync(join(root, "run"));
		symlinkSync(join(root, "elsewhere"), join(root, "run", "link"));
		await removeTree(join(root, "run"));
		expect(existsSync(join(root, "elsewhere", "kept"))).toBe(true);
	});

	test("one that is not there is no error", async () => {
		await expect(removeTree(join(root, "none"))).resolves.toBeUndefined();
	});
});
