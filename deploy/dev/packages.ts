import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Looks a program up in the PATH. */
export function executable(name: string, environment: NodeJS.ProcessEnv): string | undefined {
	const candidates = (environment.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
	return candidates.find((file) => {
		try {
			accessSync(file, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}

/**
 * On Debian and Ubuntu, as root; elsewhere it does nothing and says so by `false`. The lists of packages are fetched
 * only when the packages are not found without.
 */
export function installPackages(
	packages: readonly string[],
	environment: NodeJS.ProcessEnv,
	say: (line: string) => void,
): boolean {
	const command = executable("apt-get", environment);
	if (command === undefined || process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return false;
	const apt = (...args: string[]) =>
		spawnSync(command, ["-q", "-y", ...args], {
			env: { ...environment, DEBIAN_FRONTEND: "noninteractive" },
			stdio: ["ignore", "ignore", "pipe"],
			encoding: "utf8",
		});
	const install = () => apt("install", "--no-install-recommends", ...packages);
	say(`installing ${packages.join(" ")} ...`);
	let result = install();
	if (result.status !== 0) {
		apt("update");
		result = install();
	}
	if (result.status !== 0) say(`apt-get could not: ${result.stderr.trim()}`);
	return result.status === 0;
}
