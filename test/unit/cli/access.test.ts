import { writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { partsOfApiKey } from "#access/api-keys.ts";
import { PasswordCheck } from "#access/passwords.ts";
import { createProgram } from "#cli/program.ts";
import { requester } from "#cli/requester.ts";
import { paper, SmallLab } from "#test/support/small-lab.ts";

const me = `cli:${userInfo().username}@${hostname()}`;
const password = "four words that rhyme";
let lab: SmallLab;

beforeEach(() => {
	lab = new SmallLab();
	lab.settings = { ...lab.settings, projects: [{ name: "elisa", sources: ["plates"], pipelines: [] }] };
});

afterEach(() => lab.remove());

/** With what is typed, or what standard input has. */
async function run(argv: readonly string[], typed: readonly string[] = [], asks = false) {
	const left = [...typed];
	const asked: string[] = [];
	const secret = async (question: string) => {
		asked.push(question);
		return left.shift() ?? "";
	};
	const { terminal, printed } = paper(lab.directory.path, { secret, asks });
	const exitCode = await createProgram(lab.application(), terminal).run(argv);
	return { exitCode, asked, ...printed() };
}

async function told() {
	return await lab.with(async ({ catalog }) => {
		const { items } = await catalog.audit.page({ limit: 100, order: "asc", filter: {} });
		return items.map(({ actor, action, target, why }) => [actor, action, target, why].filter(Boolean).join(" "));
	});
}

describe("users", () => {
	test("are made with a password that is typed twice and kept as a hash, and told in the audit log", async () => {
		const { exitCode, stdout, asked } = await run(
			["users", "add", "anna", "--role", "admin"],
			[password, password],
			true,
		);
		expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "anna may log in now, as admin of everything\n" });
		expect(asked).toEqual(["New password of anna: ", "The same again: "]);
		const user = await lab.with(async ({ catalog }) => catalog.access.userNamed("anna"));
		expect(await new PasswordCheck().fits(password, user?.password)).toBe(true);
		expect(await told()).toEqual([`${me} user.added user:anna`]);
	});

	test("are made with the password of standard input, or of a file", async () => {
		const piped = await run(["users", "add", "bert", "--projects", "elisa"], [password]);
		expect(piped).toMatchObject({ exitCode: 0, stdout: "bert may log in now, as viewer of the projects elisa\n" });
		expect(piped.asked).toHaveLength(1);
		const file = join(lab.directory.path, "password.txt");
		writeFileSync(file, `${password}\nnot this\n`);
		expect(await run(["users", "add", "carla", "--password-file", file])).toMatchObject({ exitCode: 0, asked: [] });
		const user = await lab.with(async ({ catalog }) => catalog.access.userNamed("carla"));
		expect(await new PasswordCheck().fits(password, user?.password)).toBe(true);
	});

	test.each([
		[["users", "add", "a b"], [], "USER_NAME"],
		[["users", "add", "\u001b[31m"], [], "USER_NAME"],
		[["users", "add", "anna"], ["short"], "PASSWORD_WEAK"],
		[["users", "add", "anna"], [""], "PASSWORD_WEAK"],
		[["users", "add", "anna", "--projects", "elsa"], [password], 'Did you mean "elisa"?'],
		[["users", "add", "anna", "--password-file", "/nowhere"], [], "USAGE_PASSWORD_FILE"],
		[["users", "password", "nobody"], [password], "USER_UNKNOWN"],
		[["users", "disable", "nobody"], [], "USER_UNKNOWN"],
	])("%j are refused, and nobody is made or changed", async (argv, typed, words) => {
		const { exitCode, stderr } = await run(argv, typed);
		expect(exitCode).toBe(2);
		expect(stderr).toContain(words);
		expect(await told()).toEqual([]);
	});

	test("are not made when the two passwords differ, nor twice", async () => {
		const differs = await run(["users", "add", "anna"], [password, `${password}!`], true);
		expect(differs).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("are not the same") });
		await run(["users", "add", "anna"], [password]);
		const again = await run(["users", "add", "ANNA"], [password]);
		expect(again).toMatchObject({
			exitCode: 1,
			asked: [],
			stderr: expect.stringContaining("there is a user ANNA already"),
		});
	});

	test("who log in elsewhere are given their role there", async () => {
		await lab.with(async ({ catalog }) => {
			const carla = { name: "carla", role: "viewer", projects: "all" } as const;
			await catalog.access.knownElsewhere("https://login.lab 42", carla, { actor: "oidc", now: 1 });
		});
		const { exitCode, stderr } = await run(["users", "role", "carla", "admin"]);
		expect(exitCode).toBe(2);
		expect(stderr).toContain("access.oidc.grants");
	});

	test("are told by the number of who makes them, where it has no name", () => {
		const nameless = () => {
			throw new Error("uv_os_get_passwd returned ENOENT");
		};
		expect(requester(nameless)).toBe(`cli:uid:${process.getuid?.()}@${hostname()}`);
		expect(requester()).toBe(me);
	});

	test("are changed, and listed as they are", async () => {
		await run(["users", "add", "anna"], [password]);
		await run(["users", "role", "anna", "operator", "--projects", "elisa"]);
		expect((await run(["users", "password", "anna"], ["quite another one"])).stdout).toBe(
			"anna has another password now, and is logged out\n",
		);
		const disabled = await run(["users", "disable", "anna", "--why", "left the lab"]);
		expect(disabled.stdout).toBe("anna may no longer log in, and is logged out\n");
		const { stdout } = await run(["users", "list"]);
		expect(stdout).toMatch(/NAME +ROLE +PROJECTS +LOGS IN +SINCE +DISABLED\nanna +operator +elisa +by password +20/);
		const json = JSON.parse((await run(["users", "list", "--json"])).stdout);
		expect(json).toMatchObject({ name: "anna", role: "operator", projects: ["elisa"], login: "password" });
		expect(JSON.stringify(json)).not.toContain("argon2");
		expect((await run(["users", "enable", "anna"])).stdout).toBe("anna may log in again\n");
		expect(await told()).toEqual([
			`${me} user.added user:anna`,
			`${me} user.role-changed user:anna`,
			`${me} user.password-changed user:anna`,
			`${me} user.disabled user:anna left the lab`,
			`${me} user.enabled user:anna`,
		]);
	});

	test("that there are none is told with what to do", async () => {
		expect((await run(["users", "list"])).stderr).toContain("users add NAME --role admin");
		expect((await run(["keys", "list"])).stderr).toContain("keys create NAME");
	});
});

describe("keys", () => {
	test("are printed once, and good for what was said", async () => {
		const argv = ["keys", "create", "lims", "--scopes", "read", "--projects", "elisa", "--expires", "90d"];
		const { exitCode, stdout, stderr } = await run([...argv, "--why", "new LIMS"]);
		expect(exitCode).toBe(0);
		expect(stderr).toContain("the only time that it is shown");
		const parts = partsOfApiKey(stdout.trim());
		const row = await lab.with(async ({ catalog }) => catalog.access.key(parts?.id ?? ""));
		expect(row).toMatchObject({ ...parts, name: "lims", role: "service", permissions: ["read"], projects: ["elisa"] });
		expect((row?.expiresAt ?? 0) - (row?.createdAt ?? 0)).toBe(90 * 86_400_000);
		expect(await told()).toEqual([`${me} key.created key:${parts?.id} new LIMS`]);
		const listed = await run(["keys", "list"]);
		expect(listed.stdout).toMatch(/wr_[0-9a-f]{8} +lims +good until .* +service +read +elisa +20.* +never/);
		expect(listed.stdout).not.toContain(stdout.trim());
	});

	test("are revoked by what they begin with, or by the whole of them", async () => {
		const made = JSON.parse((await run(["keys", "create", "lims", "--json"])).stdout);
		expect(made).toMatchObject({ name: "lims", permissions: ["read", "ingest"], expiresAt: null, revokedAt: null });
		expect(partsOfApiKey(made.key)?.id).toBe(made.id);
		expect((await run(["keys", "revoke", made.key])).stdout).toBe(`${made.id} is revoked\n`);
		const [row] = (await run(["keys", "list", "--json"])).stdout.trim().split("\n");
		expect(JSON.parse(row ?? "")).toMatchObject({ id: made.id, revokedAt: expect.any(String) });
		expect(row).not.toContain(made.key);
	});

	test.each([
		[["keys", "create", "x", "--scopes", "administer"], 'the role service does not allow "administer"'],
		[["keys", "create", "x", "--scopes", ","], "no scope is named"],
		[["keys", "create", "x", "--expires", "soon"], '"soon" is no length of time'],
		[["keys", "revoke", "wr_00000000"], "there is no key wr_00000000"],
	])("%j are refused", async (argv, words) => {
		expect(await run(argv)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(words) });
	});
});
