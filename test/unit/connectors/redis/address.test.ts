import { describe, expect, test } from "vitest";
import { parseAddress } from "#connectors/redis/address.ts";
import { WatchRabbitError } from "#core/errors.ts";

const nobody = { username: undefined, password: undefined };
const single = { kind: "single", encrypted: false, database: 0, master: undefined, ...nobody };

describe("the address of a Redis", () => {
	test.each([
		["redis://cache.lab", { ...single, nodes: [{ host: "cache.lab", port: 6379 }] }],
		["redis://cache.lab:7000/3", { ...single, nodes: [{ host: "cache.lab", port: 7000 }], database: 3 }],
		["rediss://[::1]:7000", { ...single, encrypted: true, nodes: [{ host: "::1", port: 7000 }] }],
		["redis://:p%40ss:word@h", { ...single, password: "p@ss:word", nodes: [{ host: "h", port: 6379 }] }],
		["redis://only-a-password@h", { ...single, password: "only-a-password", nodes: [{ host: "h", port: 6379 }] }],
		["redis://lab:a/b@h", { ...single, username: "lab", password: "a/b", nodes: [{ host: "h", port: 6379 }] }],
		[
			"rediss+cluster://lab:secret@a:7000,b,[::1]:7002",
			{
				...single,
				...{ kind: "cluster", encrypted: true, username: "lab", password: "secret" },
				nodes: [
					{ host: "a", port: 7000 },
					{ host: "b", port: 6379 },
					{ host: "::1", port: 7002 },
				],
			},
		],
		[
			"redis+sentinel://a,b:26380/mymaster/2",
			{
				...single,
				...{ kind: "sentinel", master: "mymaster", database: 2 },
				nodes: [
					{ host: "a", port: 26379 },
					{ host: "b", port: 26380 },
				],
			},
		],
	])("%s", (url, address) => {
		expect(parseAddress(url)).toEqual(address);
	});

	test.each([
		"http://host",
		"redis://",
		"redis://lab:secret@a,b",
		"redis://lab:secret@host/zero",
		"redis://lab:se%cret@host",
		"redis+cluster://lab:secret@a,b/1",
		"redis+sentinel://lab:secret@a,b",
		"redis://lab:secret@host:port",
	])("%s is refused, with what to write and without its password", (url) => {
		const refusal = refusalOf(url);
		expect(refusal).toMatchObject({ code: "CACHE_ADDRESS_INVALID", class: "permanent" });
		expect(refusal.fix).toContain("redis://");
		expect(refusal.message).not.toMatch(/secret|se%cret/);
	});
});

function refusalOf(url: string): WatchRabbitError {
	try {
		parseAddress(url);
	} catch (thrown) {
		if (thrown instanceof WatchRabbitError) return thrown;
	}
	throw new Error(`${url} was not refused`);
}
