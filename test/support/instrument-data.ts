import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** The files that real instruments wrote, which lie beside the project and never in it. */
export const instrumentData = {
	absent: !existsSync(root),

	path(...names: string[]): string {
		return join(root, ...names);
	},

	/** Relative paths of everything that an instrument wrote: expected output and notes about the sets are left out. */
	*files(below = ""): Generator<string> {
		for (const name of readdirSync(join(root, below))) {
			if (name.startsWith("_expected") || name === "SOURCE.md" || name === "README.md") continue;
			const path = below === "" ? name : `${below}/${name}`;
			if (statSync(join(root, path)).isDirectory()) yield* this.files(path);
			else yield path;
		}
	},
};

if (instrumentData.absent) console.warn(`tests over instrument files are skipped: there is no ${root}`);
