import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { placesIn } from "#domain/places.ts";
import { SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;

beforeEach(async () => {
	lab = new SmallLab();
	await lab.with(async ({ catalog: { audit } }) => {
		await audit.append(
			{ actor: "cli:bert@host", action: "user.added", target: "user:anna", detail: { role: "viewer" } },
			1_000,
		);
		await audit.append({ actor: "user:anna", action: "job.replayed", target: "job:1f", why: "new curve" }, Date.now());
	});
});

afterEach(() => lab.remove());

/** What somebody does who has the database itself. */
function tamper(statement: string): void {
	const database = new DatabaseSync(placesIn(lab.settings.data).catalog);
	for (const what of ["updated", "deleted", "replaced"]) database.exec(`drop trigger audit_not_${what}`);
	database.exec(statement);
	database.close();
}

describe("audit", () => {
	test("lists who did what to what and why, newest first", async () => {
		const { exitCode, stdout } = await lab.run("audit");
		expect(exitCode).toBe(0);
		const [title, ...rows] = stdout.trimEnd().split("\n");
		expect(title).toMatch(/ENTRY +AT +WHO +DID +TO +WHY/);
		expect(rows[0]).toMatch(/2 .* user:anna +job.replayed +job:1f +new curve/);
		expect(rows[1]).toMatch(/1 .* cli:bert@host +user.added +user:anna/);
	});

	test("gives as JSON all that an entry says, of those that were asked for", async () => {
		const { stdout } = await lab.run("audit", "--json", "--target", "user:anna");
		const { hash, ...rest } = JSON.parse(stdout);
		expect(hash).toMatch(/^[0-9a-f]{64}$/);
		expect(rest).toEqual({
			seq: 1,
			at: "1970-01-01T00:00:01.000Z",
			actor: "cli:bert@host",
			action: "user.added",
			target: "user:anna",
			why: null,
			detail: { role: "viewer" },
			request: null,
		});
		expect((await lab.run("audit", "list", "--since", "1h", "--json")).stdout.split("\n")).toHaveLength(2);
		expect((await lab.run("audit", "list", "--actor", "nobody")).stderr).toBe("the audit log has no such entry\n");
	});

	test("says where its end is, and holds itself against what it said once", async () => {
		const head = (await lab.run("audit", "head")).stdout.trim();
		expect(head).toMatch(/^2:[0-9a-f]{64}$/);
		expect(await lab.run("audit", "verify")).toMatchObject({
			exitCode: 0,
			stderr: "2 entries, none changed; whether the end is there, only a head kept elsewhere can say\n",
		});
		expect(await lab.run("audit", "verify", head)).toMatchObject({
			exitCode: 0,
			stderr: "2 entries, none changed, and nothing up to entry 2 is gone\n",
		});
		tamper("delete from audit where seq = 2");
		expect(await lab.run("audit", "verify")).toMatchObject({ exitCode: 0 });
		expect(await lab.run("audit", "verify", head)).toMatchObject({
			exitCode: 1,
			stdout: "missing  entry 2 is not there\n",
			stderr: "the audit log is not what was written: hold it against a copy of the catalog\n",
		});
	});

	test("refuses what is no head", async () => {
		expect(await lab.run("audit", "verify", "2:abc")).toMatchObject({ exitCode: 2 });
	});

	test("verify says which entry was changed", async () => {
		expect((await lab.run("verify")).exitCode).toBe(0);
		tamper("update audit set why = 'no reason' where seq = 2");
		const { exitCode, stdout } = await lab.run("verify");
		expect(exitCode).toBe(1);
		expect(stdout).toContain("audit-broken  audit:2\n    changed: entry 2 is not what its hash says\n");
	});
});
