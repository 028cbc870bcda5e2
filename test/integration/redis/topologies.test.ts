import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import { RedisCache, type RedisCacheOptions } from "#connectors/redis/cache.ts";
import type { InternalEvent } from "#domain/report.ts";
import { openSockets } from "#test/support/open-sockets.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { type RedisServer, startRedis } from "#test/support/servers/redis.ts";
import { describeWithOwn } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { toldByCache } from "#test/support/told-by-cache.ts";
import { fill, kept } from "../../contract/cache.ts";

describeWithOwn("redis", "where a Redis is more than a server", () => {
	const servers: RedisServer[] = [];
	const opened: RedisCache[] = [];
	const directories: { remove(): void }[] = [];

	async function start(...settings: readonly string[]): Promise<RedisServer & { port: number }> {
		const server = await startRedis(...settings);
		servers.push(server);
		if (server.process === undefined) throw new Error("this needs servers of one's own");
		return { ...server, port: server.process.port };
	}

	async function open(options: Omit<RedisCacheOptions, "namespace">): Promise<RedisCache> {
		const cache = await RedisCache.open({ namespace: "w", ...options });
		opened.push(cache);
		return cache;
	}

	function directory(): string {
		const made = temporaryDirectory();
		directories.push(made);
		return made.path;
	}

	afterEach(async () => {
		await Promise.all(opened.splice(0).map((cache) => cache.close()));
		await Promise.all(servers.splice(0).map((server) => server.stop()));
		await vi.waitFor(() => expect(openSockets()).toBe(0));
		for (const { remove } of directories.splice(0)) remove();
	});

	/** Kept in Redis by one, read by the other, forgotten by both. */
	async function expectShared(one: RedisCache, other: RedisCache): Promise<void> {
		const keys = Array.from({ length: 20 }, (_, n) => `jobs/${n}`);
		for (const key of keys) await fill(one, key, key);
		for (const key of keys) await vi.waitFor(async () => expect(await kept(other, key)).toBe(key), { timeout: 5_000 });
		await one.invalidate("jobs/");
		for (const key of keys) {
			await vi.waitFor(async () => expect(await kept(other, key)).toBeUndefined(), { timeout: 5_000 });
		}
	}

	it("a cluster: keys on all nodes, one invalidation, and a node that is lost", async () => {
		const nodes = await Promise.all(
			[1, 2, 3].map(async () => start("--cluster-enabled", "yes", "--cluster-port", `${await freePort()}`)),
		);
		await join3(nodes);
		const url = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
		const told: InternalEvent[] = [];
		const one = await open({ url, report: toldByCache(told) });
		await expectShared(one, await open({ url }));
		expect(told).toEqual([]);
		await nodes[0]?.process?.kill();
		for (let n = 0; n < 30; n++) await fill(one, `after/${n}`, `${n}`);
	});

	it("sentinels: the server that they name", async () => {
		const server = await start();
		const file = join(directory(), "sentinel.conf");
		writeFileSync(file, `sentinel monitor lab 127.0.0.1 ${server.port} 1\n`);
		const sentinel = await start(file, "--sentinel");
		const url = `redis+sentinel://127.0.0.1:${sentinel.port}/lab`;
		await expectShared(await open({ url }), await open({ url: server.url }));
	});

	it("sentinels that ask for a password, before a server that asks for another", async () => {
		const server = await start("--requirepass", "of-the-server");
		const file = join(directory(), "sentinel.conf");
		writeFileSync(
			file,
			`sentinel monitor lab 127.0.0.1 ${server.port} 1\nsentinel auth-pass lab of-the-server\nrequirepass of-the-sentinels\n`,
		);
		const sentinel = await start(file, "--sentinel");
		const url = `redis+sentinel://:of-the-server@127.0.0.1:${sentinel.port}/lab`;
		const sentinelPassword = "of-the-sentinels";
		await expectShared(
			await open({ url, sentinelPassword }),
			await open({ url: `redis://:of-the-server@127.0.0.1:${server.port}` }),
		);

		const told: InternalEvent[] = [];
		const refused = await open({ url, report: toldByCache(told) });
		await vi.waitFor(async () => {
			await fill(refused, randomUUID(), "1");
			expect(told[0]).toMatchObject({ event: "cache.away", error: { code: "CACHE_PASSWORD_MISSING" } });
		});
		expect(inspect(told, { depth: 20 })).not.toMatch(/of-the-s/);
	});

	it("an encrypted connection, with the authority that it is to be trusted to and without", async () => {
		const path = directory();
		const [key, cert] = [join(path, "key.pem"), join(path, "cert.pem")];
		const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
		const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", cert];
		execFileSync("openssl", [...request, ...subject], { stdio: "ignore" });
		const port = await freePort();
		const files = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert];
		await start("--tls-port", `${port}`, ...files, "--tls-auth-clients", "no");
		const url = `rediss://127.0.0.1:${port}`;
		const tls = { ca: readFileSync(cert, "utf8") };
		await expectShared(await open({ url, tls }), await open({ url, tls }));

		const told: InternalEvent[] = [];
		const trusting = await open({ url, report: toldByCache(told) });
		await vi.waitFor(async () => {
			await fill(trusting, randomUUID(), "1");
			expect(told[0]).toMatchObject({ event: "cache.away", error: { code: "CACHE_CERTIFICATE_REFUSED" } });
		});
	});
});

/** Three nodes with a third of the slots each. */
async function join3(nodes: readonly (RedisServer & { port: number })[]): Promise<void> {
	const bounds = [0, 5461, 10923, 16384];
	for (const [index, { client }] of nodes.entries()) {
		await client.call("CLUSTER", "ADDSLOTSRANGE", `${bounds[index]}`, `${(bounds[index + 1] ?? 0) - 1}`);
		await client.call("CLUSTER", "SET-CONFIG-EPOCH", `${index + 1}`);
	}
	const [first, ...others] = nodes;
	for (const { port } of others) {
		const bus = await busOf(others.find((node) => node.port === port) as RedisServer);
		await first?.client.call("CLUSTER", "MEET", "127.0.0.1", `${port}`, bus);
	}
	for (const { client } of nodes) {
		await vi.waitFor(
			async () => {
				expect(String(await client.call("CLUSTER", "INFO"))).toMatch(/cluster_state:ok[\s\S]*cluster_known_nodes:3/);
			},
			{ timeout: 20_000, interval: 100 },
		);
	}
}

async function busOf({ client }: RedisServer): Promise<string> {
	const [, port] = (await client.config("GET", "cluster-port")) as [string, string];
	return port;
}
