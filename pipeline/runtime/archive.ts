import { createHash } from "node:crypto";
import { join } from "node:path";
import { asWatchRabbitError, transient, type WatchRabbitError } from "#core/errors.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Member } from "#domain/acquisition.ts";
import { inputKey } from "#domain/object-keys.ts";
import { displayPath, type PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import type { Settled, Verdict } from "#domain/verdict.ts";
import { backoffMs } from "./backoff.ts";
import type { WatchContext } from "./watch-role.ts";

export interface ArchiveContext {
	readonly objects: ObjectStore;
	/** Absolute roots of the sources whose inputs are kept, by name. */
	readonly roots: ReadonlyMap<string, PathString>;
	readonly report: Report;
}

type Judge = WatchContext["judge"];

const neighbour = "archive";
const firstTryAgainMs = 500;
const lastTryAgainMs = 30_000;

/** Errors of the file itself: the store is well. */
const ofTheFile: ReadonlySet<string> = new Set(["FILE_CHANGED", "ENOENT", "ENOTDIR", "EACCES", "EPERM"]);

/**
 * A judge whose units are complete only when each member is kept in the object store as well, under its digest, and was
 * read back from there. What cannot be kept now waits in the ledger, not here: a store that is away holds up no other source.
 */
export function archiving(judge: Judge, { objects, roots, report }: ArchiveContext): Judge {
	let failures = 0;
	const waiting = (error: WatchRabbitError, looks: number): Verdict<Settled> => {
		const againMs = backoffMs(looks + 1, firstTryAgainMs, lastTryAgainMs);
		const isAway = !ofTheFile.has(error.code);
		if (isAway && failures++ === 0) report({ event: "neighbour.away", neighbour, error, againInMs: againMs });
		return { kind: "waiting", for: `the archive: ${error.message}`, againMs };
	};
	return async (unit, signal) => {
		const verdict = await judge(unit, signal);
		const root = roots.get(unit.source);
		if (verdict.kind !== "complete" || root === undefined) return verdict;
		try {
			for (const member of verdict.value.acquisition.members) {
				if (signal.aborted) return verdict;
				await keep(objects, root, member);
			}
		} catch (thrown) {
			return waiting(asWatchRabbitError(thrown), unit.looks);
		}
		if (failures > 0) report({ event: "neighbour.back", neighbour, attempts: failures });
		failures = 0;
		return { kind: "complete", value: { ...verdict.value, archived: true } };
	};
}

/** @throws WatchRabbitError FILE_CHANGED, INPUT_DAMAGED (transient), and what the store throws */
async function keep(objects: ObjectStore, root: PathString, member: Member): Promise<void> {
	const key = inputKey(member.sha256);
	if (await isKept(objects, key, member)) return;
	await objects.putFile(key, join(root, member.path), member.sha256);
	if (await isKept(objects, key, member)) return;
	throw transient("INPUT_DAMAGED", `${displayPath(member.path)} is not in the archive what was stored there (${key})`, {
		fix: "Find out what changes the objects of the store; the file is stored again by itself.",
	});
}

/** Reads it back: what the store says about it proves nothing. */
async function isKept(objects: ObjectStore, key: string, { size, sha256 }: Member): Promise<boolean> {
	if ((await objects.head(key))?.size !== size) return false;
	const hash = createHash("sha256");
	try {
		for await (const chunk of await objects.get(key)) hash.update(chunk);
	} catch (thrown) {
		const { code } = asWatchRabbitError(thrown);
		if (code === "OBJECT_DAMAGED" || code === "OBJECT_MISSING") return false;
		throw thrown;
	}
	return hash.digest("hex") === sha256;
}
