import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { workplaceIn } from "#domain/places.ts";

/**
 * What tells the R processes of this directory from those of every other, also where containers share a path, and
 * see one another's processes: a name of its own, and the process namespace in which its owner can be looked up. To be
 * called by the holder of the directory's lock.
 */
export function installationMark(directory: string): string {
	const file = workplaceIn(directory).identity;
	return `${known(file) ?? made(file, directory)}@${processNamespace()}`;
}

function known(file: string): string | undefined {
	try {
		return /^[0-9a-f-]{36}(?=\n$)/.exec(readFileSync(file, "latin1"))?.[0];
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw thrown;
	}
}

/** Durable: a name that is lost would leave processes that nobody knows for his own. */
function made(file: string, parent: string): string {
	const identity = randomUUID();
	const temporary = `${file}.new`;
	writeFileSync(temporary, `${identity}\n`, { mode: 0o600, flush: true });
	renameSync(temporary, file);
	const directory = openSync(parent, "r");
	fsyncSync(directory);
	closeSync(directory);
	return identity;
}

/** The same everywhere but on Linux, where there are several. */
function processNamespace(): string {
	try {
		return readlinkSync("/proc/self/ns/pid");
	} catch {
		return "";
	}
}
