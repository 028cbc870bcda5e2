import { inspect } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, vi } from "vitest";
import { s3Error } from "#connectors/s3/s3-error.ts";

const place = "s3://bucket/prefix/ at host";

function answer(name: string, status: number) {
	return Object.assign(new Error("says the server"), { name, $metadata: { httpStatusCode: status } });
}

function system(code: string) {
	return Object.assign(new Error("connect"), { code, syscall: "connect" });
}

describe("an error of S3", () => {
	it.each([
		["NoSuchBucket", 404, "S3_BUCKET_MISSING", "permanent"],
		["AccessDenied", 403, "S3_ACCESS_DENIED", "permanent"],
		["Forbidden", 403, "S3_ACCESS_DENIED", "permanent"],
		["InvalidAccessKeyId", 403, "S3_CREDENTIALS", "permanent"],
		["SignatureDoesNotMatch", 403, "S3_CREDENTIALS", "permanent"],
		["ExpiredToken", 400, "S3_CREDENTIALS", "permanent"],
		["RequestTimeTooSkewed", 403, "S3_CLOCK_SKEW", "transient"],
		["PermanentRedirect", 301, "S3_REGION", "permanent"],
		["SlowDown", 503, "S3_SLOW_DOWN", "transient"],
		["Unknown", 429, "S3_SLOW_DOWN", "transient"],
		["InternalError", 500, "S3_UNAVAILABLE", "transient"],
		["BadGateway", 502, "S3_UNAVAILABLE", "transient"],
		["ConditionalRequestConflict", 409, "S3_UNAVAILABLE", "transient"],
		["BadDigest", 400, "S3_DAMAGED", "transient"],
		["SyntaxError", 200, "S3_UNAVAILABLE", "transient"],
		["NotImplemented", 400, "S3_REFUSED", "permanent"],
	])("%s (HTTP %i) is %s, %s, and says what to do", (name, status, code, kind) => {
		expect(s3Error(answer(name, status), place)).toMatchObject({ code, class: kind, fix: expect.any(String) });
	});

	it.each(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EHOSTUNREACH"])(
		"%s of the connection is transient",
		(code) => {
			expect(s3Error(system(code), place)).toMatchObject({ code: "S3_UNAVAILABLE", class: "transient" });
		},
	);

	it("tells a certificate that nobody trusts, and keys that are nowhere", () => {
		expect(s3Error(system("SELF_SIGNED_CERT_IN_CHAIN"), place)).toMatchObject({ code: "S3_TLS" });
		const none = Object.assign(new Error(), { name: "CredentialsProviderError" });
		expect(s3Error(none, place)).toMatchObject({ code: "S3_CREDENTIALS", class: "permanent" });
	});

	it.each([{}, { region: "not a region" }])(
		"tells that no region, or none of that name, is set (%j)",
		async (config) => {
			vi.stubEnv("AWS_REGION", undefined);
			vi.stubEnv("AWS_CONFIG_FILE", "/nowhere");
			const region = async () => await new S3Client(config).config.region();
			const thrown = await region().catch((error: unknown) => error);
			vi.unstubAllEnvs();
			expect(s3Error(thrown, place)).toMatchObject({ code: "S3_REGION", fix: expect.stringContaining("AWS_REGION") });
		},
	);

	it("leaves errors of local files what they are", () => {
		const missing = Object.assign(new Error("open"), { code: "ENOENT", syscall: "open" });
		expect(s3Error(missing, place)).toMatchObject({ code: "ENOENT" });
	});

	it("repeats nothing that the server said beside its name: keys and signatures are among it", () => {
		const said = Object.assign(answer("SignatureDoesNotMatch", 403), {
			AWSAccessKeyId: "AKIA-HUSH",
			StringToSign: "SIGNED-HUSH",
			$response: { headers: { authorization: "HEADER-HUSH" } },
		});
		expect(inspect(s3Error(said, place), { depth: null, showHidden: true })).not.toMatch(/HUSH/);
	});
});
