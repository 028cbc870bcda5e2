import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, Product } from "#test/support/product.ts";
import { RunningLab } from "#test/support/running-lab.ts";

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
access: { required: true }
sources:
  plates: { watch: ./plates, complete: { quiet: 100ms } }
`;
const entry = fileURLToPath(new URL("../../pipeline/app/bin.ts", import.meta.url));
const password = "four words that rhyme";

/** `watchrabbit ...` in a terminal of its own, into which is typed what is asked for; gives all that was to be seen there. */
async function typing(lab: Product, args: readonly string[], answers: readonly (readonly [RegExp, string])[]) {
	const command = [process.execPath, "--conditions=source", entry, ...args].map((arg) => `'${arg}'`).join(" ");
	const child = spawn("script", ["-qfec", command, "/dev/null"], {
		cwd: lab.directory,
		stdio: ["pipe", "pipe", "inherit"],
	});
	let seen = "";
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		seen += chunk;
	});
	const left = [...answers];
	const ended = once(child, "exit");
	for (const [question, answer] of left) {
		await eventually(
			() => (question.test(seen) ? true : undefined),
			() => `asked ${question}; seen: ${seen}`,
		);
		child.stdin.write(answer);
	}
	const [code] = await ended;
	return { code, seen };
}

describe("an API that asks who it is", () => {
	let lab: Product;
	beforeAll(async () => {
		lab = await Product.create({ "watchrabbit.yaml": configuration, "plates/.keep": "" });
	});
	afterAll(() => lab.remove());

	it("is not served while it knows nobody, and says what to type", async () => {
		const { code, stderr } = await lab.run("up");
		expect(code).toBe(1);
		expect(stderr).toContain(
			"ACCESS_NOBODY: the API at 127.0.0.1:0 asks who it is, and there is no user and no key yet",
		);
		expect(stderr).toContain("watchrabbit users add NAME --role admin");
	});

	it("is not one that listens on this machine only, which the log says", async () => {
		const open = await Product.create({
			"watchrabbit.yaml": configuration.replace(/^access.*\n/m, ""),
			"plates/.keep": "",
		});
		const { code, stderr } = await open.run("up", "--until-idle");
		expect(code, stderr).toBe(0);
		expect(stderr).toMatch(/the API is at \S+, and asks nobody on this machine who he is/);
		await open.remove();
	});

	it("takes a password that is typed and not seen", async () => {
		const { code, seen } = await typing(
			lab,
			["users", "add", "anna", "--role", "admin"],
			[
				[/New password of anna: $/, `x\u0015four wordx\u007fs that rhyme\r`],
				[/The same again: $/, `${password}\r`],
			],
		);
		expect(seen.replaceAll("\r", "")).toBe(
			"New password of anna: \nThe same again: \nanna may log in now, as admin of everything\n",
		);
		expect(code).toBe(0);
		const givenUp = await typing(lab, ["users", "password", "anna"], [[/New password of anna: $/, "\u0003"]]);
		expect(givenUp).toMatchObject({ code: 2, seen: expect.stringContaining("no password was given") });
	});

	it("lets in who has a key, for what it is good for, until 5 seconds after it was revoked", async () => {
		const running = await RunningLab.startIn(lab);
		const [{ key, id } = { key: "", id: "" }] = await lab.json<{ key: string; id: string }>("keys", "create", "lims");
		const ask = async (headers: Record<string, string>, path = "sources") =>
			(await fetch(`${running.address}/api/v1/${path}`, { headers })).status;
		expect(await ask({})).toBe(401);
		expect(await ask({ authorization: `Bearer ${key.slice(0, -1)}x` })).toBe(401);
		expect(await ask({ authorization: `Bearer ${key}` })).toBe(200);
		expect((await fetch(`${running.address}/health/live`)).status).toBe(200);
		await lab.run("keys", "revoke", id);
		await eventually(
			async () => ((await ask({ authorization: `Bearer ${key}` })) === 401 ? true : undefined),
			() => "the key is refused",
		);
		const entries = await lab.json<{ action: string; target: string }>("audit");
		expect(entries.map(({ action }) => action).toReversed()).toEqual(["user.added", "key.created", "key.revoked"]);
		expect(JSON.stringify(entries)).not.toContain(key);
		expect((await lab.run("verify")).code).toBe(0);
		expect((await stat(lab.path("state/access.secret"))).mode & 0o777).toBe(0o600);
	});
});
