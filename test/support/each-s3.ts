import { describe } from "vitest";
import { isUrl, search, services } from "../../deploy/dev/services.ts";
import type { S3Server } from "./servers/buckets.ts";
import { startS3 } from "./servers/s3.ts";
import { findVersityGw, isVersityGw, startVersityGw } from "./servers/versitygw.ts";
import { describeWith } from "./services.ts";

/** What a server has not, each with the reason; undefined: it has it. */
export interface S3Lacks {
	/** A user that may read and list, no more. */
	readonly reader: string | undefined;
	readonly lifecycleRules: string | undefined;
	/** An object that is replaced is there as it was or as it will be, its metadata with its body. */
	readonly wholeReplacement: string | undefined;
}

type Body = (start: () => Promise<S3Server>, lacks: S3Lacks) => void;

/** Over the server of the tests; and, unless somebody named that one, over versitygw as well where it was built. */
export function describeEachS3(title: string, body: Body): void {
	const found = search(services.s3, process.env);
	const at = found.found ? found.at : "";
	describeWith("s3", title, () => body(startS3, lacksOf(at)));
	const second = findVersityGw();
	const named = found.found && found.from === "environment";
	if (second === undefined || named) return;
	describe(`${title}, over versitygw`, () => body(() => startVersityGw(second), lacksOf(second)));
}

function lacksOf(at: string): S3Lacks {
	if (isUrl(at)) {
		const given = "of a server that was given by its URL nothing is known";
		return { reader: given, lifecycleRules: given, wholeReplacement: given };
	}
	if (!isVersityGw(at)) return { reader: undefined, lifecycleRules: undefined, wholeReplacement: undefined };
	return {
		reader: "versitygw is started with one user",
		lifecycleRules: "versitygw knows no rules for the life of objects",
		wholeReplacement: "versitygw keeps metadata beside the body, and replaces one after the other",
	};
}
