import type { Readable } from "node:stream";
import { permanent } from "#core/errors.ts";
import { type Content, DigestCheck } from "./digest-check.ts";
import { s3Error } from "./s3-error.ts";

interface Named {
	readonly key: string;
	readonly place: string;
}

/**
 * What an answer brings, held against what was stored. Fails with OBJECT_DAMAGED (permanent) where it differs, and with
 * S3_UNAVAILABLE (transient) where it is cut. Destroyed before its end, it takes its connection along.
 */
export function checkedBody(body: Readable, content: Content, { key, place }: Named): Readable {
	const checked = new DigestCheck(content, (says) =>
		permanent("OBJECT_DAMAGED", `object ${key} in ${place} is not what was stored: ${says}`, {
			fix: "Run `watchrabbit verify`: it tells what else is damaged. `watchrabbit replay` of the job makes it again.",
		}),
	);
	body.on("error", (thrown) => checked.destroy(s3Error(thrown, place)));
	checked.once("close", () => body.destroy());
	// Nobody may listen yet, or ever: the connection that fails meanwhile must not end the process.
	checked.on("error", () => {});
	return body.pipe(checked);
}
