import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { transient, type WatchRabbitError } from "#core/errors.ts";

const execute = promisify(execFile);

export interface OpenPipe {
	readonly read: number;
	readonly write: number;
}

/**
 * A pipe with both ends in our hands: a FIFO that loses its name as soon as it is open.
 *
 * @throws WatchRabbitError R_START_FAILED (transient)
 */
export async function openPipe(directory: string): Promise<OpenPipe> {
	const path = join(directory, `${randomUUID()}.fifo`);
	await execute("mkfifo", ["-m", "600", path]).catch((cause: unknown) => {
		throw cannotMake(directory, cause as NodeJS.ErrnoException & { readonly stderr?: string });
	});
	try {
		// The reading end first, and without waiting for a writer.
		const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		return { read, write: openSync(path, constants.O_WRONLY) };
	} finally {
		await rm(path);
	}
}

function cannotMake(directory: string, cause: NodeJS.ErrnoException & { readonly stderr?: string }): WatchRabbitError {
	if (cause.code === "ENOENT") {
		return transient("R_START_FAILED", "R cannot be started: there is no mkfifo in PATH", {
			cause,
			fix: "Install coreutils, or choose `engine: wasm`.",
		});
	}
	const said = cause.stderr?.trim() || cause.message;
	return transient("R_START_FAILED", `R cannot be started: no pipe can be made in ${directory}: ${said}`, {
		cause,
		fix: "Keep `data` on a local file system, with room and with rights to write, or choose `engine: wasm`.",
	});
}
