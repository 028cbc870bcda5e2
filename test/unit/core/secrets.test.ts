import { describe, expect, it } from "vitest";
import { coverSecrets } from "#core/secrets.ts";

describe("covering secrets", () => {
	it.each([
		["amqp://lab:s3cret@broker/v", "amqp://lab:***@broker/v"],
		["postgres://u:p%40ss@db:5432/x?sslmode=require", "postgres://u:***@db:5432/x?sslmode=require"],
		["not encoded: amqp://u:a/b@c@host, as people write it", "not encoded: amqp://u:***@host, as people write it"],
		["two: redis://:one@a and rediss://x:two@b", "two: redis://:***@a and rediss://x:***@b"],
		["postgres://db/x?user=u&password=one&ssl=1", "postgres://db/x?user=u&password=***&ssl=1"],
	])("in %j", (text, covered) => {
		expect(coverSecrets(text)).toBe(covered);
	});

	it.each(["amqp://broker", "s3://bucket/prefix", "http://127.0.0.1:8080/a@b", "lab@site.org wrote: a:b"])(
		"leaves %j as it is",
		(text) => expect(coverSecrets(text)).toBe(text),
	);
});
