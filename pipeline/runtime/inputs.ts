import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { access, lstat, mkdir, symlink } from "node:fs/promises";
import { extname, join } from "node:path";
import { asWatchRabbitError, permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { ClaimedInput, ClaimedJob } from "#core/ports/catalog.ts";
import type { Member } from "#domain/acquisition.ts";
import { isOvertaken } from "#domain/job.ts";
import { displayPath, fsPath, isPortable, type PathString } from "#domain/path.ts";

/** What an analysis is given: a run folder as one directory, everything else file by file. */
export interface Inputs {
	readonly paths: readonly string[];
	readonly names: readonly string[];
}

/**
 * Hands the inputs over as plain names. A name that is not UTF-8 cannot be an argument of R: it is linked under a
 * plain one in `directory`.
 */
export async function presentInputs({ root, acquisition }: ClaimedInput, directory: string): Promise<Inputs> {
	const names = acquisition.kind === "folder" ? [acquisition.key] : acquisition.members.map(({ path }) => path);
	const paths = await Promise.all(
		names.map(async (name, i) => {
			const path = join(root, name);
			if (isPortable(path)) return path;
			await mkdir(directory, { recursive: true });
			const link = join(directory, `input-${i + 1}${isPortable(extname(name)) ? extname(name) : ""}`);
			await symlink(fsPath(path), link);
			return link;
		}),
	);
	return { paths, names: names.map(displayPath) };
}

/** An input where it lies, or, where that cannot be read or is not what settled, as `fetch` brings it from the archive. */
export async function reachInput(
	inputs: ClaimedJob["inputs"],
	fetch: () => Promise<ClaimedInput | undefined>,
): Promise<ClaimedInput> {
	try {
		return await firstIntact(inputs);
	} catch (refusal) {
		const fetched = await fetch();
		if (fetched === undefined) throw refusal;
		return fetched;
	}
}

/**
 * Of acquisitions with the same content, the first whose files are still what settled.
 * @throws WatchRabbitError what keeps us from looking, INPUT_MISSING, INPUT_CHANGED: of several causes the first of these
 */
async function firstIntact([first, ...others]: ClaimedJob["inputs"]): Promise<ClaimedInput> {
	let refusal: WatchRabbitError | undefined;
	for (const input of [first, ...others]) {
		try {
			await checkInputs(input);
			return input;
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			if (refusal === undefined || urgency(error) > urgency(refusal)) refusal = error;
		}
	}
	throw refusal;
}

/** What may pass is waited for; what was deleted, somebody has to know of; what changed comes again by itself. */
function urgency(error: WatchRabbitError): number {
	if (error.class === "transient") return 2;
	return isOvertaken(error) ? 0 : 1;
}

/**
 * Whether every member is still what settled. A stat that agrees is enough; one that differs (a touched file, one that
 * was moved away and back) is decided by the content.
 * @throws WatchRabbitError INPUT_MISSING, INPUT_CHANGED, INPUT_UNREACHABLE
 */
export async function checkInputs({ root, acquisition }: ClaimedInput): Promise<void> {
	for (const member of acquisition.members) await checkInput(root, member);
}

async function checkInput(root: PathString, member: Member): Promise<void> {
	const path = join(root, member.path);
	const stat = await lstat(fsPath(path), { bigint: true }).catch(async (cause: unknown) => {
		throw await unread(root, path, cause);
	});
	const same =
		stat.isFile() &&
		stat.size === BigInt(member.size) &&
		stat.mtimeNs === BigInt(member.mtimeNs) &&
		stat.ctimeNs === BigInt(member.ctimeNs) &&
		stat.ino === BigInt(member.inode);
	if (same) return;
	if (!stat.isFile() || stat.size !== BigInt(member.size) || (await sha256(path)) !== member.sha256)
		throw changed(path);
}

async function sha256(path: PathString): Promise<string> {
	const hash = createHash("sha256");
	// O_NONBLOCK: a FIFO that took the file's place must not hold us.
	const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
	for await (const chunk of createReadStream(fsPath(path), { flags: flags as unknown as string })) hash.update(chunk);
	return hash.digest("hex");
}

/** Deleted is for good, and only what a root that can be read lacks was deleted: a share that is away comes back. */
async function unread(root: PathString, path: PathString, thrown: unknown): Promise<WatchRabbitError> {
	const cause = asWatchRabbitError(thrown);
	const absent = cause.code === "ENOENT" || cause.code === "ENOTDIR";
	const rootIsThere = await access(fsPath(root)).then(
		() => true,
		() => false,
	);
	if (absent && rootIsThere) {
		return permanent("INPUT_MISSING", `${displayPath(path)} was deleted before it could be analysed`, {
			cause,
			fix: "Put the file back, there or anywhere else in the source: it is analysed once it has settled.",
		});
	}
	return transient("INPUT_UNREACHABLE", `${displayPath(path)} cannot be read: ${cause.message}`, {
		cause,
		fix: `Bring ${displayPath(root)} back, or the right to read it; the job then goes on by itself.`,
	});
}

function changed(path: PathString): WatchRabbitError {
	return permanent("INPUT_CHANGED", `${displayPath(path)} changed after it had settled`, {
		fix: "Nothing to do: its new version is analysed as soon as it has settled.",
	});
}
