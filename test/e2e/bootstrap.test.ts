import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the first half of every npm script, in a checkout without a network", () => {
	let checkout: string;
	beforeEach(() => {
		checkout = mkdtempSync(join(tmpdir(), "watchrabbit-checkout-"));
		for (const file of ["package.json", "package-lock.json", "deploy/dev/install.mjs"]) {
			cpSync(join(root, file), join(checkout, file), { recursive: true });
		}
	});
	afterEach(() => rmSync(checkout, { recursive: true }));

	/** As npm leaves it: every package a folder, and a list of what is there. */
	function installEverything(changed: Readonly<Record<string, object>> = {}): void {
		const { packages } = JSON.parse(readFileSync(join(checkout, "package-lock.json"), "utf8"));
		const installed = Object.entries<{ optional?: boolean }>(packages).filter(
			([path, { optional }]) => path !== "" && optional !== true,
		);
		for (const [path] of installed) mkdirSync(join(checkout, path), { recursive: true });
		const list = { packages: { ...Object.fromEntries(installed), ...changed } };
		writeFileSync(join(checkout, "node_modules/.package-lock.json"), JSON.stringify(list));
		mkdirSync(join(checkout, "node_modules/.bin"));
		const node = join(checkout, "node_modules/.bin/node");
		writeFileSync(node, "#!/bin/sh\n");
		chmodSync(node, 0o755);
	}

	function bootstrap(...nodeArguments: string[]) {
		const { npm_execpath: _, ...environment } = process.env;
		const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeArguments, "deploy/dev/install.mjs"], {
			cwd: checkout,
			env: { ...environment, npm_config_offline: "true", npm_config_cache: join(checkout, "cache") },
			encoding: "utf8",
		});
		return { status, stdout, stderr };
	}

	it("says nothing when everything is installed", () => {
		installEverything();
		expect(bootstrap()).toEqual({ status: 0, stdout: "", stderr: "" });
	});

	it("says that it installs, and what to do when the registry cannot be reached", () => {
		const { status, stdout, stderr } = bootstrap();
		expect(stderr).toContain("nothing is installed yet; installing the packages");
		expect(stderr).toContain("the npm registry could not be reached. Connect to the network");
		expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
	});

	it("installs anew what came from another platform", () => {
		installEverything({ "node_modules/@biomejs/cli-other": { os: ["haiku"], cpu: ["vax"], optional: true } });
		expect(bootstrap().stderr).toContain("node_modules is from another platform; installing");
	});

	it("installs anew when a package has another version than the lockfile's", () => {
		installEverything({ "node_modules/rxjs": { version: "1.0.0" } });
		expect(bootstrap().stderr).toMatch(/rxjs [\d.]+ is not installed; installing/);
	});

	it("uses the machine's Node where the pinned one cannot run", () => {
		installEverything();
		writeFileSync(join(checkout, "node_modules/.bin/node"), "of another kind of machine");
		const { status, stderr } = bootstrap();
		expect(stderr).toContain(`cannot run here; using this machine's Node ${process.versions.node}`);
		expect(status).toBe(0);
	});

	it("says what to do when the machine's Node is too old as well", () => {
		installEverything();
		rmSync(join(checkout, "node_modules/.bin/node"));
		const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "20.1.0" } })`;
		const { status, stderr } = bootstrap("--import", old);
		expect(stderr).toContain("needs Node 24 or newer; this machine has Node 20.1.0");
		expect(status).toBe(3);
	});
});
