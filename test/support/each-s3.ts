import { describe } from "vitest";
import { type S3Server, startS3 } from "./servers/s3.ts";
import { findVersityGw, startVersityGw } from "./servers/versitygw.ts";
import { describeWith } from "./services.ts";

/** Over the server of the tests, and over versitygw as well where that was built. */
export function describeEachS3(title: string, body: (start: () => Promise<S3Server>) => void): void {
	describeWith("s3", title, () => body(startS3));
	const versitygw = findVersityGw();
	if (versitygw !== undefined) describe(`${title}, over versitygw`, () => body(() => startVersityGw(versitygw)));
}
