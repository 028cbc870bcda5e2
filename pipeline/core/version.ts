import { readFileSync } from "node:fs";

/** Of this program: the nearest package.json above is ours, in a checkout and in a package alike. */
export function version(): string {
	for (let directory = new URL("./", import.meta.url); ; directory = new URL("../", directory)) {
		try {
			return (JSON.parse(readFileSync(new URL("package.json", directory), "utf8")) as { version: string }).version;
		} catch (thrown) {
			if (directory.pathname === "/") throw thrown;
		}
	}
}
