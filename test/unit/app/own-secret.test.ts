import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownSecret } from "#app/own-secret.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let directory: ReturnType<typeof temporaryDirectory>;
let file: string;
beforeEach(() => {
	directory = temporaryDirectory();
	file = join(directory.path, "access.secret");
});
afterEach(() => directory.remove());

test("a secret is made once, for nobody else to read, and nothing is left beside it", () => {
	const secret = ownSecret(file);
	expect(secret).toMatch(/^[\w-]{43}$/);
	expect(ownSecret(file)).toBe(secret);
	expect(statSync(file).mode & 0o777).toBe(0o600);
	expect(readdirSync(directory.path)).toEqual(["access.secret"]);
});

test.each(["", "\n", "too short\n", `${"x".repeat(31)}\n`])(
	"%j is none: it is refused by the file's name, and kept",
	(text) => {
		writeFileSync(file, text);
		expect(() => ownSecret(file)).toThrow(expect.objectContaining({ code: "ACCESS_SECRET", class: "permanent" }));
		expect(() => ownSecret(file)).toThrow(file);
		expect(readFileSync(file, "utf8")).toBe(text);
	},
);
