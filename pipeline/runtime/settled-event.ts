import { createHash } from "node:crypto";
import { z } from "zod";
import { permanent } from "#core/errors.ts";
import type { LogEvent } from "#core/ports/event-log.ts";
import { contentDigest, type FileSettled } from "#domain/acquisition.ts";
import type { PathString } from "#domain/path.ts";
import type { Settled } from "#domain/verdict.ts";

/**
 * Identity of a settled event: the ledger it comes from, the unit, its content, and which look at which generation
 * found it complete. Publishing the same conclusion twice gives the same id; settling again gives another.
 */
function eventId(ledgerId: string, { unit, acquisition }: Settled): string {
	return createHash("sha256")
		.update(
			[ledgerId, unit.source, unit.id, unit.generation, unit.looks, contentDigest(acquisition.members)].join("\n"),
		)
		.digest("hex")
		.slice(0, 32);
}

/** `gathers`: whether acquisitions of its source wait for one another. */
export function settledEvent(ledgerId: string, root: PathString, settled: Settled, gathers: boolean): LogEvent {
	const { acquisition, unit } = settled;
	const event: FileSettled = {
		id: eventId(ledgerId, settled),
		type: "file.settled",
		version: 1,
		acquisition,
		root,
		traceparent: unit.traceparent,
	};
	return {
		id: event.id,
		key: gathers ? acquisition.source : `${acquisition.source}/${acquisition.key}`,
		body: JSON.stringify(event),
		traceparent: unit.traceparent,
	};
}

const digits = z.string().regex(/^\d+$/);

const member = z.object({
	path: z.string().min(1),
	size: z.int().nonnegative(),
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
	mtimeNs: z.string().regex(/^-?\d+$/),
	ctimeNs: z.string().regex(/^-?\d+$/),
	inode: digits,
});

const fileSettled = z.object({
	id: z.string().min(1),
	type: z.literal("file.settled"),
	version: z.literal(1),
	acquisition: z.object({
		source: z.string().min(1),
		key: z.string().min(1),
		kind: z.enum(["file", "folder", "group", "batch"]),
		members: z.array(member).min(1),
		acquiredAt: z.number(),
		settledAt: z.number(),
		captures: z.record(z.string(), z.string()),
		incomplete: z.string().optional(),
	}),
	root: z.string().min(1),
	traceparent: z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
});

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
