import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const nobody = 65_534;

/** Permissions bind nobody who is root: the scenario runs as another user then. */
async function asOrdinaryUser(script: string): Promise<unknown> {
	const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
	const path = fileURLToPath(new URL(script, import.meta.url));
	const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", path], identity);
	return JSON.parse(stdout);
}

describe("what may not be read", () => {
	it("is quarantined with the reason, a file by the judge, a directory by the scan, and taken up once it may", async () => {
		expect(await asOrdinaryUser("./unreadable.scenario.ts")).toEqual({
			file: {
				kind: "refused",
				code: "UNREADABLE",
				class: "transient",
				message: "secret.csv cannot be read: permission denied (EACCES)",
			},
			before: {
				"open.csv": "seen",
				"secret.csv": "quarantined: secret.csv cannot be read: permission denied (EACCES)",
				closed: "quarantined: the directory cannot be read: permission denied (EACCES)",
				"blind/1.csv": "quarantined: it cannot be looked at: permission denied (EACCES)",
			},
			after: { "open.csv": "seen", "secret.csv": "settling", "closed/2.csv": "seen", "blind/1.csv": "settling" },
		});
	});
});
