import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Queue, Worker } from "bullmq";
import { watch } from "chokidar";

/** The peer as its parts' documentation shows it: FOLDER RESULTS SCRIPT REDIS-PORT. */
const [watched = "", results = "", script = "", port = ""] = process.argv.slice(2);
const connection = { host: "127.0.0.1", port: Number(port) };
const run = promisify(execFile);

const queue = new Queue("files", { connection });
const worker = new Worker<{ path: string }>("files", ({ data }) => run("Rscript", [script, data.path, results]), {
	connection,
	concurrency: 2,
});
await worker.waitUntilReady();

watch(watched, { awaitWriteFinish: { stabilityThreshold: 200, pollInterval: 50 } })
	.on("add", (path) => void queue.add("analyse", { path }))
	.on("ready", () => console.log("ready"));
