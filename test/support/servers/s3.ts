import { requireService } from "#test/support/services.ts";
import { isUrl } from "../../../deploy/dev/services.ts";
import { type Reached, type S3Server, withBuckets } from "./buckets.ts";
import { startSeaweedFs } from "./seaweedfs.ts";
import { isVersityGw, startVersityGw } from "./versitygw.ts";

/** A server for one test file; or the one that the environment names, with its keys in the URL or beside it. */
export async function startS3(): Promise<S3Server> {
	const at = requireService("s3");
	if (isUrl(at)) return withBuckets(given(new URL(at)));
	return await (isVersityGw(at) ? startVersityGw(at) : startSeaweedFs(at));
}

function given(url: URL): Reached {
	const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: secret = "" } = process.env;
	const credentials = {
		accessKeyId: decodeURIComponent(url.username) || id,
		secretAccessKey: decodeURIComponent(url.password) || secret,
	};
	return { url: url.origin, credentials, reader: undefined };
}
