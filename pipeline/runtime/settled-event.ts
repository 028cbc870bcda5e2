import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { permanent } from "#core/errors.ts";
import type { LogEvent } from "#core/ports/event-log.ts";
import type { Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { contentDigest, type FileSettled, type Standing } from "#domain/acquisition.ts";
import type { Settled } from "#domain/verdict.ts";

/**
 * Identity of a settled event: the ledger it comes from, the unit, its content, and which look at which generation
 * found it complete. Publishing the same conclusion twice gives the same id; settling again gives another.
 */
export function eventId(ledgerId: string, { unit, acquisition }: Settled): string {
	return createHash("sha256")
		.update(
			[ledgerId, unit.source, unit.id, unit.generation, unit.looks, contentDigest(acquisition.members)].join("\n"),
		)
		.digest("hex")
		.slice(0, 32);
}

export function standingOf(
	{ identity: ledger }: Pick<Ledger, "identity">,
	{ id: unit, generation }: Pick<LedgerEntry, "id" | "generation">,
): Standing {
	return { ledger, unit, generation };
}

/** `gathers`: whether acquisitions of its source wait for one another. */
export function settledEvent(of: Omit<FileSettled, "type" | "version">, gathers: boolean): LogEvent {
	const { id, acquisition, traceparent } = of;
	const event: FileSettled = { ...of, type: "file.settled", version: 1 };
	const key = gathers ? acquisition.source : `${acquisition.source}/${acquisition.key}`;
	return { id, key, body: JSON.stringify(event), traceparent };
}

/** What a database keys by, and a person reads: neither endless, nor with what ends a text. */
const name = z.string().regex(/^[^\0]{1,4096}$/s);
const label = z.string().regex(/^[^\0]{1,255}$/s);
/** Out of its directory leads nothing. */
const inside = name.refine(isInside, "leads out of its directory");
const nanoseconds = z.string().regex(/^-?\d{1,20}$/);
const count = z.int().nonnegative();
/** What a Date can say. */
const moment = z.number().min(-8.64e15).max(8.64e15);

const member = z.object({
	path: inside,
	size: z.int().nonnegative(),
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
	mtimeNs: nanoseconds,
	ctimeNs: nanoseconds,
	inode: z.string().regex(/^\d{1,20}$/),
});

const fileSettled = z.object({
	id: label,
	type: z.literal("file.settled"),
	version: z.literal(1),
	acquisition: z.object({
		source: label,
		key: name,
		kind: z.enum(["file", "folder", "group", "batch"]),
		members: z.array(member).min(1),
		acquiredAt: moment,
		settledAt: moment,
		captures: z.record(z.string(), z.string()),
		incomplete: z.string().optional(),
	}),
	root: name.refine(isAbsolute, "is not absolute"),
	traceparent: z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
	standing: z.object({ ledger: label, unit: count, generation: count }).optional(),
});

function isInside(path: string): boolean {
	return !isAbsolute(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** @throws WatchRabbitError MESSAGE_MALFORMED (permanent), saying what is wrong with the message */
export function parseFileSettled(body: string): FileSettled {
	let json: unknown;
	try {
		json = JSON.parse(body);
	} catch (cause) {
		throw permanent("MESSAGE_MALFORMED", `not JSON: ${(cause as Error).message}`, { cause });
	}
	const parsed = fileSettled.safeParse(json);
	if (parsed.success) return parsed.data as FileSettled;
	const [issue] = parsed.error.issues;
	throw permanent("MESSAGE_MALFORMED", `not a file.settled message: ${issue?.path.join(".")}: ${issue?.message}`);
}
