import { constants } from "node:fs";
import { access, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { counted } from "#domain/counted.ts";
import type { SourceSettings } from "#domain/settings.ts";
import type { Machine } from "../application.ts";
import { type Finding, ok, problem, reason, warning } from "./finding.ts";

/** Enough to know that a limit is reached. */
const mostDirectories = 300_000;

/** Each source can be read, and its changes can be noticed. */
export async function checkSources(sources: readonly SourceSettings[], machine: Machine): Promise<Finding[]> {
	const findings: Finding[] = [];
	let watched = 0;
	for (const source of sources) {
		const readable = await checkReadable(source);
		findings.push(readable);
		if (readable.state === "problem") continue;
		const mode = await machine.watchMode(source.watch, source.mode);
		const { directories, closed } = await countDirectories(source.watch);
		if (mode.mode === "events") watched += directories;
		findings.push(
			modeFinding(source, mode, directories),
			...closed.slice(0, 5).map((path) => closedFinding(source, path)),
		);
		findings.push(...(await checkShareClock(source)));
	}
	const limit = await watchLimit();
	return limit === undefined || watched === 0 ? findings : [...findings, limitFinding(watched, limit)];
}

async function checkReadable({ name, watch }: SourceSettings): Promise<Finding> {
	const subject = `source ${name}`;
	try {
		await access(watch, constants.R_OK | constants.X_OK);
		await readdir(watch);
		return ok("permissions", subject, `${watch} can be read`);
	} catch (error) {
		const why = reason(error);
		const gone = "Create it, or mount the share that it is on.";
		const closed = `Let this user (${process.getuid?.() ?? "you"}) read it and enter it: chmod a+rX '${watch}'`;
		return problem("permissions", subject, `${watch} cannot be read (${why})`, why === "ENOENT" ? gone : closed);
	}
}

function modeFinding(
	{ name, mode: setting }: SourceSettings,
	{ mode, why }: { mode: string; why: string },
	directories: number,
): Finding {
	const subject = `source ${name}`;
	const amount = counted(directories, "directory", "directories");
	if (mode === "events") return ok("watching", subject, `events in ${amount}: ${why}`);
	if (setting === "poll") return ok("watching", subject, `polling ${amount}: ${why}`);
	return ok("watching", subject, `polling ${amount}, as it has to: ${why}`);
}

function closedFinding({ name }: SourceSettings, path: string): Finding {
	const fix = `Let this user read it (chmod a+rX '${path}'), or exclude it.`;
	return warning("permissions", `source ${name}`, `${path} cannot be read: what is in it is not seen`, fix);
}

async function countDirectories(root: string): Promise<{ readonly directories: number; readonly closed: string[] }> {
	const pending = [root];
	const closed: string[] = [];
	let directories = 0;
	for (let at = pending.pop(); at !== undefined && directories < mostDirectories; at = pending.pop()) {
		directories++;
		const directory = at;
		try {
			const entries = await readdir(directory, { withFileTypes: true });
			for (const entry of entries) if (entry.isDirectory()) pending.push(join(directory, entry.name));
		} catch {
			closed.push(directory);
		}
	}
	return { directories, closed };
}

/** inotify watches that one user may hold; undefined where there is no such thing. */
async function watchLimit(): Promise<number | undefined> {
	const text = await readFile("/proc/sys/fs/inotify/max_user_watches", "utf8").catch(() => undefined);
	return text === undefined ? undefined : Number.parseInt(text, 10);
}

/** One watch a directory; other programs of the same user need some as well. */
export function limitFinding(watched: number, limit: number): Finding {
	const subject = "inotify";
	const says = `${counted(watched, "directory", "directories")} to watch, of ${limit} watches that a user may hold`;
	const fix = `Allow more: sudo sysctl fs.inotify.max_user_watches=${Math.max(limit * 2, watched * 2)} (and write it into /etc/sysctl.d to keep it).`;
	if (watched >= limit) return problem("watching", subject, says, fix);
	return watched > limit / 2 ? warning("watching", subject, says, fix) : ok("watching", subject, says);
}

/** A file server's clock shows in what it writes; quiet times are judged by it. */
async function checkShareClock({ name, watch }: SourceSettings): Promise<Finding[]> {
	const aheadMs = (await stat(watch)).mtimeMs - Date.now();
	if (aheadMs < 60_000) return [];
	const says = `the clock that wrote ${watch} is ${Math.round(aheadMs / 1000)} s ahead of ours`;
	return [
		warning("clock", `source ${name}`, says, "Set the clocks of this machine and of the instrument or server by NTP."),
	];
}
