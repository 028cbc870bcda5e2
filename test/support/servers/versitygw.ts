import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { executable } from "../../../deploy/dev/packages.ts";
import { downloaded } from "../../../deploy/dev/ways.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { answers, type S3Server, withBuckets } from "./buckets.ts";
import { freePort } from "./free-port.ts";

/** Where it was built (`go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`): nobody is asked to. */
export function findVersityGw(): string | undefined {
	return downloaded("versitygw", "bin/versitygw", process.env) ?? executable("versitygw", process.env);
}

export function isVersityGw(program: string): boolean {
	return basename(program) === "versitygw";
}

/** A second opinion: files and directories of this machine behind the protocol of S3. */
export async function startVersityGw(program: string): Promise<S3Server> {
	const { path, remove } = temporaryDirectory();
	const [data, metadata] = ["data", "metadata"].map((name) => join(path, name)) as [string, string];
	for (const directory of [data, metadata]) mkdirSync(directory);
	const credentials = { accessKeyId: "WRTESTALL", secretAccessKey: randomBytes(18).toString("hex") };
	const port = await freePort();
	const environment = {
		...process.env,
		GOMAXPROCS: "2",
		ROOT_ACCESS_KEY: credentials.accessKeyId,
		ROOT_SECRET_KEY: credentials.secretAccessKey,
	};
	const args = ["--port", `127.0.0.1:${port}`, "--quiet", "--keep-alive", "posix", "--sidecar", metadata, data];
	const gateway = spawn(program, args, { cwd: path, env: environment, stdio: "ignore" });
	const endWithUs = () => gateway.kill("SIGKILL");
	process.once("exit", endWithUs);
	const url = `http://127.0.0.1:${port}`;
	await answers(url, gateway);
	const server = withBuckets({ url, credentials, reader: undefined });
	return {
		...server,
		stop: async () => {
			await server.stop();
			process.removeListener("exit", endWithUs);
			const ended = once(gateway, "exit");
			gateway.kill("SIGKILL");
			await ended;
			remove();
		},
	};
}
