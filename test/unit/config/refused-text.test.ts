import { describe, expect, test } from "vitest";
import { loadSettings } from "#config/load.ts";
import { minimal, refusal, workspace } from "#test/support/config-workspace.ts";

// What a person sees, word for word: a change of these texts is a change to be read aloud.

describe("the text itself", () => {
	test("a key that is there twice", async () => {
		expect(await refusal("sources:\n  plates: { watch: in }\n  plates: { watch: in }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:3: the key "plates" is there twice
			  3 |   plates: { watch: in }
			    |   ^^^^^^
			  Keep one of them, or give the second another name."
		`);
	});

	test("a pattern without quotes", async () => {
		expect(await refusal("sources:\n  plates: { watch: in, include: [*.csv] }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:34: *.csv without quotes means something else in YAML (a reference)
			  2 |   plates: { watch: in, include: [*.csv] }
			    |                                  ^^^^^
			  Put it in quotes: "*.csv""
		`);
	});

	test("a backslash in double quotes, a tab, an open bracket", async () => {
		expect(await refusal('sources:\n  plates: { watch: "in\\data" }\n')).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:23: this is no YAML: Invalid escape sequence \\d
			  2 |   plates: { watch: "in\\data" }
			    |                       ^
			  Use single quotes: in them a backslash is a backslash."
		`);
		expect(await refusal("sources:\n\tplates: { watch: in }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:1: this is no YAML: Tabs are not allowed as indentation
			  2 | 	plates: { watch: in }
			    | ^
			  Indent with spaces."
		`);
		expect(await refusal("sources:\n  plates: { watch: in\npipelines: {}\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:3:1: this is no YAML: Flow map in block collection must be sufficiently indented and end with a }
			  3 | pipelines: {}
			    | ^
			  Close the bracket, and indent the keys of one map alike."
		`);
	});
});

describe("the address", () => {
	test.each(["8080", "host", ":80"])("%s is none", async (listen) => {
		expect(await refusal(`http: { listen: "${listen}" }\n`)).toContain(
			`"${listen}" is no address: it takes a host and a port`,
		);
	});

	test("a port without quotes, and one out of range", async () => {
		expect(await refusal("http: { listen: 8080 }\n")).toMatchInlineSnapshot(`
			"watchrabbit.yaml:1:17: http.listen must be a host and a port, not the number 8080
			  1 | http: { listen: 8080 }
			    |                 ^^^^
			  Write "127.0.0.1:8080""
		`);
		expect(await refusal('http: { listen: "127.0.0.1:70000" }\n')).toMatchInlineSnapshot(`
			"watchrabbit.yaml:1:17: there is no port 70000: ports go from 0 to 65535
			  1 | http: { listen: "127.0.0.1:70000" }
			    |                 ^^^^^^^^^^^^^^^^^
			  Write for example "127.0.0.1:8080"; port 0 takes a free one."
		`);
	});

	test("that other machines reach, while nobody is to be asked who he is", async () => {
		expect(await refusal('http: { listen: "0.0.0.0:8080" }\naccess: { required: false }\n')).toMatchInlineSnapshot(`
			"watchrabbit.yaml:2:21: 0.0.0.0 is reached from other machines, and whoever reaches the API might do everything
			  2 | access: { required: false }
			    |                     ^^^^^
			  Remove this, and make a user with: watchrabbit users add NAME --role admin; or listen at "127.0.0.1:8080"."
		`);
	});
});

test("a wrong value in the environment is shown with its variable", async () => {
	expect(await refusal(minimal, { WATCHRABBIT_POOLS__DEFAULT__WORKERS: "many" })).toMatchInlineSnapshot(`
		"environment variable WATCHRABBIT_POOLS__DEFAULT__WORKERS: pools.default.workers must be a whole number from 1 to 256, or a map with min, max and wait, not "many"
		  | WATCHRABBIT_POOLS__DEFAULT__WORKERS=many
		  Write a number from 1 to 256, or { min: 1, max: 8 }."
	`);
});

test("the error is permanent, and carries the problems one by one", async () => {
	const { directory, write } = workspace();
	write("watchrabbit.yaml", `${minimal}dta: x\n`);
	await expect(loadSettings(undefined, {}, { directory })).rejects.toMatchObject({
		code: "CONFIG_INVALID",
		class: "permanent",
		problems: [
			{
				path: ["dta"],
				origin: { kind: "file", place: { line: 5, column: 1, length: 3 } },
				message: 'unknown key "dta"',
			},
		],
	});
});
