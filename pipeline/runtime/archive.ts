import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Unit } from "#core/ports/ledger.ts";
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
	/** Each member of the unit is in the store, and to be read back. */
	readonly stored: (unit: Unit) => void;
	readonly clock: Pick<Clock, "now">;
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
export function archiving(judge: Judge, { objects, roots, stored, clock, report }: ArchiveContext): Judge {
	let failures = 0;
	const waiting = (error: WatchRabbitError, looks: number): Verdict<Settled> => {
		const againMs = backoffMs(looks + 1, firstTryAgainMs, lastTryAgainMs);
		const isAway = !ofTheFile.has(error.code);
		if (isAway && failures++ === 0) report({ event: "neighbour.away", neighbour, error, againInMs: againMs });
		else if (isAway) report({ event: "neighbour.retried", neighbour, error, attempts: failures, againInMs: againMs });
		return { kind: "waiting", for: `the archive: ${error.message}`, againMs };
	};
	return async (unit, signal) => {
		const verdict = await judge(unit, signal);
		const root = roots.get(unit.source);
		if (verdict.kind !== "complete" || root === undefined) return verdict;
		const startMs = clock.now();
		try {
			const put: Member[] = [];
			for (const member of verdict.value.acquisition.members) {
				if (signal.aborted) return verdict;
				if (await isKept(objects, member)) continue;
				await objects.putFile(inputKey(member.sha256), join(root, member.path), member.sha256);
				put.push(member);
			}
			if (put.length > 0) stored(unit);
			for (const member of put) {
				if (signal.aborted) return verdict;
				if (!(await isKept(objects, member))) throw damaged(member);
			}
		} catch (thrown) {
			return waiting(asWatchRabbitError(thrown), unit.looks);
		}
		if (failures > 0) report({ event: "neighbour.back", neighbour, attempts: failures });
		failures = 0;
		return { kind: "complete", value: { ...verdict.value, archived: { startMs, endMs: clock.now() } } };
	};
}

function damaged({ path, sha256 }: Member): WatchRabbitError {
	const key = inputKey(sha256);
	return transient("INPUT_DAMAGED", `${displayPath(path)} is not in the archive what was stored there (${key})`, {
		fix: "Find out what changes the objects of the store; the file is stored again by itself.",
	});
}

/** Reads it back: what the store says about it proves nothing. */
async function isKept(objects: ObjectStore, { size, sha256 }: Member): Promise<boolean> {
	const key = inputKey(sha256);
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
