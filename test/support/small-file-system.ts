import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own that can really be full. */
export interface SmallFileSystem {
	readonly path: string;
	/** Takes all room that is left, but for so many bytes. */
	fill(leaving?: number): void;
	makeRoom(): void;
	remove(): void;
}

/** Why there is none, and how to get one, if this machine does not let us mount. */
export type NoFileSystem = { readonly missing: string };

export function smallFileSystem(megabytes: number): SmallFileSystem | NoFileSystem {
	const path = mkdtempSync(join(tmpdir(), "watchrabbit-small-"));
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "watchrabbit-test", path], { stdio: "pipe" });
	} catch {
		rmdirSync(path);
		return { missing: "no right to mount a tmpfs: run the tests as root on Linux" };
	}
	const ballast = join(path, "ballast");
	return {
		path,
		fill: (leaving = 0) => {
			if (leaving > 0) return allocate(`${ballast}-rest`, path, leaving);
			for (const size of [65_536, 4_096, 1]) {
				for (let n = 0; tryWrite(`${ballast}-${size}-${n}`, size); n++);
			}
		},
		makeRoom: () => execFileSync("find", [path, "-maxdepth", "1", "-name", "ballast-*", "-delete"]),
		remove: () => {
			execFileSync("umount", [path]);
			rmSync(path, { recursive: true });
		},
	};
}

function allocate(file: string, path: string, leaving: number): void {
	const { bsize, bfree } = statfsSync(path);
	execFileSync("fallocate", ["-l", String(bsize * bfree - leaving), file]);
}

function tryWrite(file: string, bytes: number): boolean {
	try {
		writeFileSync(file, Buffer.alloc(bytes), { flag: "wx" });
		return true;
	} catch {
		return false;
	}
}
