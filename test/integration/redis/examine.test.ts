import { inspect } from "node:util";
import { afterEach, expect } from "vitest";
import { examineRedis } from "#connectors/redis/examine.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { type RedisServer, startRedis } from "#test/support/servers/redis.ts";
import { assertOwn, describeWith, itWithOwn } from "#test/support/services.ts";

const namespace = "w";

describeWith("redis", "a look at a Redis", () => {
	let server: RedisServer | undefined;

	afterEach(async () => {
		await server?.stop();
		server = undefined;
	});

	itWithOwn("redis")("finds nothing to say of one that is set up as a cache", async () => {
		server = await startRedis("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru");
		assertOwn(server.process);
		const findings = await examineRedis({ url: server.url, namespace });
		expect(findings.map(({ subject, state }) => `${subject} ${state}`)).toEqual([
			"connection ok",
			"version ok",
			"permissions ok",
			"memory ok",
		]);
		expect(await server.client.keys("*")).toEqual([]);
	});

	itWithOwn("redis")("warns of memory without a bound", async () => {
		server = await startRedis();
		assertOwn(server.process);
		const findings = await examineRedis({ url: server.url, namespace });
		expect(findings.at(-1)).toMatchObject({
			subject: "memory",
			state: "warning",
			fix: expect.stringContaining("maxmemory"),
		});
	});

	itWithOwn("redis")(
		"says which permissions are missing, which password is wrong, and that nobody is there, without a password",
		async () => {
			server = await startRedis("--user", "lab", "on", ">right-secret", "~w:*", "&w:*", "+@all", "-publish");
			assertOwn(server.process);
			const at = new URL(server.url);
			at.username = "lab";
			at.password = "right-secret";
			const told = [
				await examineRedis({ url: at.href, namespace }),
				await examineRedis({ url: at.href.replace("right", "wrong"), namespace }),
				await examineRedis({ url: `redis://lab:a-secret@127.0.0.1:${await freePort()}`, namespace }),
			];
			expect(told[0]?.[2]).toMatchObject({
				subject: "permissions",
				state: "problem",
				fix: expect.stringContaining("publish"),
			});
			expect(told[1]).toMatchObject([
				{ subject: "connection", state: "problem", fix: expect.stringContaining("password") },
			]);
			expect(told[2]).toMatchObject([
				{ subject: "connection", state: "problem", says: expect.stringContaining("ECONNREFUSED") },
			]);
			expect(inspect(told, { depth: 10 })).not.toMatch(/secret/);
		},
	);
});
