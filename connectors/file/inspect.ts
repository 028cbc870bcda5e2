import { createHash, hash } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { type FileStat, sameStat } from "#domain/file-state.ts";
import { fsPath } from "#domain/path.ts";
import { Content } from "./content.ts";
import { hasFooter } from "./footer.ts";
import type { Finding, Inspection } from "./inspection.ts";
import { isAbsent, statOf } from "./listing.ts";
import { probe } from "./probe.ts";
import { nameOf } from "./watcher.ts";

/** A link that was put in its place is refused, a pipe does not block. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Read at once. Node's readSync of more gains nothing, and a request to stop is seen between two. */
const chunk = Buffer.allocUnsafeSlow(1024 * 1024);

/** Footer, structure and digest of one file. Synchronous where it can be: it has a thread of its own. */
export async function inspect(inspection: Inspection, aborted: () => boolean): Promise<Finding> {
	if (aborted()) return { kind: "aborted" };
	let fd: number;
	try {
		fd = openSync(fsPath(inspection.file), openFlags);
	} catch (thrown) {
		return failed(thrown);
	}
	try {
		return await inspectOpen(inspection, fd, aborted);
	} catch (thrown) {
		return failed(thrown);
	} finally {
		closeSync(fd);
	}
}

async function inspectOpen(inspection: Inspection, fd: number, aborted: () => boolean): Promise<Finding> {
	const { file, stat, footer } = inspection;
	if (!isStill(fd, stat)) return { kind: "changed" };
	const content = new Content(fd, stat.size);
	if (footer !== undefined && !hasFooter(content, footer)) {
		return { kind: "incomplete", missing: `the footer /${footer.pattern}/ in its last ${footer.withinBytes} bytes` };
	}
	const missing = await probe(inspection.probe, nameOf(file), content, aborted);
	if (aborted()) return { kind: "aborted" };
	if (missing !== undefined) return isStill(fd, stat) ? { kind: "incomplete", missing } : { kind: "changed" };
	const sha256 = digest(content, aborted);
	if (aborted()) return { kind: "aborted" };
	const same =
		sha256 !== undefined && isStill(fd, stat) && sameStat(statOf(lstatSync(fsPath(file), { bigint: true })), stat);
	return same ? { kind: "whole", sha256 } : { kind: "changed" };
}

function isStill(fd: number, stat: FileStat): boolean {
	const stats = fstatSync(fd, { bigint: true });
	return stats.isFile() && sameStat(statOf(stats), stat);
}

/** SHA-256 of so many bytes as the file is to have; undefined when it has fewer. */
function digest(content: Content, aborted: () => boolean): string | undefined {
	if (content.size <= chunk.length) {
		const bytes = chunk.subarray(0, content.readInto(chunk.subarray(0, content.size), 0));
		return bytes.length === content.size ? hash("sha256", bytes, "hex") : undefined;
	}
	const sha256 = createHash("sha256");
	for (let position = 0; position < content.size && !aborted(); ) {
		const read = content.readInto(chunk.subarray(0, Math.min(chunk.length, content.size - position)), position);
		if (read === 0) return undefined;
		sha256.update(chunk.subarray(0, read));
		position += read;
	}
	return sha256.digest("hex");
}

function failed(thrown: unknown): Finding {
	const { code, message } = thrown as NodeJS.ErrnoException;
	// A link (ELOOP) or a socket (ENXIO) stands there now.
	if (isAbsent(thrown) || code === "ELOOP" || code === "ENXIO") return { kind: "changed" };
	return { kind: "unreadable", errno: code ?? "UNKNOWN", message };
}
