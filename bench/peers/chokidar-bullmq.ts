import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { type Peer, startGroup } from "./peer.ts";

const program = fileURLToPath(new URL("./chokidar-bullmq-program.ts", import.meta.url));

/** How a web developer would do it: a watcher, a queue in Redis, and workers that start Rscript. */
export const chokidarBullmq: Peer = {
	name: "chokidar + BullMQ + Rscript",
	needs: { "redis-server": "redis-server", Rscript: "r-base-core" },
	async start({ watched, results, analysis, scratch }) {
		const port = await freePort();
		const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", scratch, "--save", ""];
		const redis = await startGroup("redis-server", options, /Ready to accept connections/);
		const workers = await startGroup(process.execPath, [program, watched, results, analysis, String(port)], /ready/);
		return {
			async stop() {
				await workers.stop();
				await redis.stop();
			},
		};
	},
};

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === "string") throw new Error("no port is free");
	return address.port;
}
