import { asWatchRabbitError, permanent, transient, WatchRabbitError } from "#core/errors.ts";

/** What went wrong, in the words of the service or of the system. */
interface Trouble {
	/** Name of the service's error ("AccessDenied"), or code of a system error ("ECONNRESET"). */
	readonly name: string;
	readonly status: number | undefined;
}

type Told = (place: string, trouble: Trouble) => WatchRabbitError;

const bucketMissing: Told = (place) =>
	permanent("S3_BUCKET_MISSING", `there is no bucket for ${place}`, {
		fix: "Create the bucket, or correct its name in `objects`.",
	});

const wrongKeys: Told = (place, { name }) =>
	permanent("S3_CREDENTIALS", `the keys are not accepted for ${place}: ${name}`, {
		fix: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_SESSION_TOKEN for temporary ones) to keys that are valid. If they are, compare this host's clock with the server's.",
	});

const noKeys: Told = (place) =>
	permanent("S3_CREDENTIALS", `no keys were found for ${place}`, {
		fix: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the host a profile or a role.",
	});

const denied: Told = (place) =>
	permanent("S3_ACCESS_DENIED", `the keys may not do this in ${place}`, {
		fix: "Allow s3:ListBucket and s3:ListBucketMultipartUploads on the bucket, and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its objects (with a KMS key: kms:GenerateDataKey and kms:Decrypt).",
	});

const wrongRegion: Told = (place, { name }) =>
	permanent("S3_REGION", `${place} is in another region: ${name}`, {
		fix: "Set `region` of `objects` to the bucket's own.",
	});

const noRegion: Told = (place) =>
	permanent("S3_REGION", `nobody says rightly in which region ${place} is`, {
		fix: "Set `region` of `objects`, or AWS_REGION, to the bucket's own.",
	});

const clockSkew: Told = (place) =>
	transient("S3_CLOCK_SKEW", `this host's clock differs too much from the clock of ${place}`, {
		fix: "Set the clock (NTP); work goes on by itself.",
	});

const untrusted: Told = (place, { name }) =>
	permanent("S3_TLS", `the certificate of ${place} cannot be trusted: ${name}`, {
		fix: "Name the file with the certificate authority in NODE_EXTRA_CA_CERTS, or correct the `endpoint` of `objects`.",
	});

const slowDown: Told = (place, { name }) =>
	transient("S3_SLOW_DOWN", `${place} asks for fewer requests: ${name}`, {
		fix: "Nothing to do: it is tried again, less and less often.",
	});

const unavailable: Told = (place, { name, status }) =>
	transient("S3_UNAVAILABLE", `${place} does not answer as it should: ${name}${status ? ` (HTTP ${status})` : ""}`, {
		fix: "Start the server, or mend the way to it; work goes on by itself.",
	});

const damaged: Told = (place, { name }) =>
	transient("S3_DAMAGED", `what came to ${place} is not what was sent: ${name}`, {
		fix: "Nothing to do: it is sent again.",
	});

const refused: Told = (place, { name, status }) =>
	permanent("S3_REFUSED", `${place} refuses the request: ${name}${status ? ` (HTTP ${status})` : ""}`, {
		fix: "Look the name up in the manual of the S3 server; `watchrabbit doctor` tells what else it sees.",
	});

const regionTrouble = "Region";

const byName: ReadonlyMap<string, Told> = new Map([
	...all(bucketMissing, "NoSuchBucket"),
	...all(
		wrongKeys,
		"InvalidAccessKeyId",
		"XAdminUserNotFound", // versitygw
		"SignatureDoesNotMatch",
		"ExpiredToken",
		"InvalidToken",
		"TokenRefreshRequired",
	),
	...all(noKeys, "CredentialsProviderError"),
	...all(denied, "AccessDenied", "AllAccessDisabled", "AccountProblem"),
	...all(wrongRegion, "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
	...all(noRegion, regionTrouble),
	...all(clockSkew, "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"),
	...all(slowDown, "SlowDown", "TooManyRequests", "TooManyRequestsException", "RequestLimitExceeded"),
	...all(damaged, "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "InvalidPart", "InvalidPartOrder"),
	// NoSuchUpload: somebody took the parts away; ConditionalRequestConflict: two wrote at once.
	...all(unavailable, "InternalError", "ServiceUnavailable", "RequestTimeout", "TimeoutError", "NoSuchUpload"),
	...all(unavailable, "OperationAborted", "ConditionalRequestConflict", "IncompleteBody"),
	...all(unavailable, "ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH"),
	...all(unavailable, "ENETUNREACH", "ENETDOWN", "ENOTFOUND", "EAI_AGAIN", "ERR_STREAM_PREMATURE_CLOSE"),
	...all(unavailable, "HPE_INVALID_CONSTANT", "HPE_INVALID_EOF_STATE", "EPROTO"),
	...all(untrusted, "SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
	...all(untrusted, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID"),
]);

function all(told: Told, ...names: readonly string[]): readonly (readonly [string, Told])[] {
	return names.map((name) => [name, told]);
}

/** For answers whose name says nothing, such as those to HEAD, which have no body. */
function byStatus(status: number | undefined): Told | undefined {
	if (status === undefined) return undefined;
	// An answer of success that cannot be read: something in between answered.
	if (status < 300) return unavailable;
	if (status === 429 || status === 503) return slowDown;
	if (status >= 500 || status === 408 || status === 409) return unavailable;
	if (status === 401 || status === 403) return denied;
	if (status === 301 || status === 307) return wrongRegion;
	return refused;
}

/**
 * Whatever a request threw, as one of ours. Of the thrown error only its name and status are kept: the service repeats
 * keys and signatures in its answers, and the SDK keeps whole requests.
 */
export function s3Error(thrown: unknown, place: string): WatchRabbitError {
	if (thrown instanceof WatchRabbitError) return thrown;
	const trouble = troubleOf(thrown);
	const told = byName.get(trouble.name) ?? byStatus(trouble.status);
	return told === undefined ? asWatchRabbitError(thrown) : told(place, trouble);
}

/** As if the service had answered with an error of this name. */
export function answered(name: string, place: string): WatchRabbitError {
	return s3Error(Object.assign(new Error(name), { name }), place);
}

function troubleOf(thrown: unknown): Trouble {
	if (!(thrown instanceof Error)) return { name: String(thrown), status: undefined };
	// The SDK has no name for it.
	if (/^Region (is missing|not accepted)/.test(thrown.message)) return { name: regionTrouble, status: undefined };
	const { code } = thrown as NodeJS.ErrnoException;
	return { name: code !== undefined && !byName.has(thrown.name) ? code : thrown.name, status: statusOf(thrown) };
}

export function statusOf(thrown: unknown): number | undefined {
	return (thrown as Partial<MetadataBearer>).$metadata?.httpStatusCode;
}

/** How often the request was sent before it came to this. */
export function attemptsOf(thrown: unknown): number {
	return (thrown as Partial<MetadataBearer>).$metadata?.attempts ?? 1;
}

interface MetadataBearer {
	readonly $metadata: { readonly httpStatusCode?: number; readonly attempts?: number };
}

/** The name that the service gave its answer. */
export function isAnswer(thrown: unknown, name: string): boolean {
	return thrown instanceof Error && thrown.name === name;
}
