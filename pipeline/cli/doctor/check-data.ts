import { mkdtemp, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bytes } from "../words.ts";
import { type Finding, ok, problem, reason, warning } from "./finding.ts";

const tooLittleBytes = 200e6;
const littleBytes = 2e9;
const skewMs = 2_000;

/** The state can be written, there is room for it, and the clock of the disk is ours. */
export async function checkData(data: string): Promise<Finding[]> {
	const directory = await existing(data);
	const findings = await checkWritable(data, directory);
	if (findings.some(({ state }) => state === "problem")) return findings;
	return [...findings, spaceFinding(data, await freeBytes(directory))];
}

/** The data directory, or what is there of the way to it. */
async function existing(path: string): Promise<string> {
	const there = await stat(path).catch(() => undefined);
	return there?.isDirectory() || dirname(path) === path ? path : existing(dirname(path));
}

async function checkWritable(data: string, directory: string): Promise<Finding[]> {
	let probe: string | undefined;
	try {
		probe = await mkdtemp(join(directory, ".watchrabbit-doctor-"));
		const file = join(probe, "probe");
		const before = Date.now();
		await writeFile(file, "probe", { flush: true });
		const aheadMs = (await stat(file)).mtimeMs - before;
		const says = directory === data ? `${data} can be written` : `${data} is not there yet, and can be made`;
		return [ok("permissions", "data", says), diskClockFinding(aheadMs)];
	} catch (error) {
		const fix = `Let this user (${process.getuid?.() ?? "you"}) write into it, or give data another place in the configuration.`;
		return [problem("permissions", "data", `${directory} cannot be written (${reason(error)})`, fix)];
	} finally {
		if (probe !== undefined) await rm(probe, { recursive: true, force: true });
	}
}

export function diskClockFinding(aheadMs: number): Finding {
	if (Math.abs(aheadMs) < skewMs) return ok("clock", "data", "the disk's clock agrees with ours");
	const says = `the disk's clock is ${Math.abs(Math.round(aheadMs / 1000))} s ${aheadMs > 0 ? "ahead of" : "behind"} ours`;
	return warning("clock", "data", says, "Set both clocks by NTP, or keep data on a local disk.");
}

async function freeBytes(directory: string): Promise<number> {
	const { bavail, bsize } = await statfs(directory);
	return bavail * bsize;
}

export function spaceFinding(data: string, free: number): Finding {
	const says = `${bytes(free)} free for ${data}`;
	const fix = "Make room, or give data another place in the configuration.";
	if (free < tooLittleBytes) return problem("disk", "data", says, fix);
	return free < littleBytes ? warning("disk", "data", says, fix) : ok("disk", "data", says);
}
