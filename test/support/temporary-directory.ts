import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of this test alone. `remove` fails when the test left a file in it open. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
	const path = realpathSync(mkdtempSync(join(tmpdir(), "watchrabbit-")));
	return {
		path,
		remove: () => {
			const open = openFiles().filter((file) => file.startsWith(`${path}/`));
			rmSync(path, { recursive: true, force: true });
			if (open.length > 0) throw new Error(`left open: ${open.join(", ")}`);
		},
	};
}

/** Files that this process has open, where the system tells (Linux). */
function openFiles(): string[] {
	try {
		return readdirSync("/proc/self/fd").flatMap((fd) => {
			try {
				return [readlinkSync(`/proc/self/fd/${fd}`)];
			} catch {
				return [];
			}
		});
	} catch {
		return [];
	}
}
