import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { S3Credentials } from "#connectors/s3/options.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { answers, type Reached, type S3Server, withBuckets } from "./buckets.ts";
import { freePort } from "./free-port.ts";

/** SeaweedFS, for one test file. */
export async function startSeaweedFs(program: string): Promise<S3Server> {
	const { path, remove } = temporaryDirectory();
	const { end, ...reached } = await started(program, path);
	const server = withBuckets(reached);
	return {
		...server,
		stop: async () => {
			await server.stop();
			await end();
			remove();
		},
	};
}

const s3Port = "s3.port";
const ports = ["master.port", "volume.port", "filer.port", s3Port].flatMap((name) => [name, `${name}.grpc`]);

async function started(program: string, directory: string): Promise<Reached & { end(): Promise<void> }> {
	const credentials = { accessKeyId: "WRTESTALL", secretAccessKey: randomBytes(18).toString("hex") };
	const reader = { accessKeyId: "WRTESTREADER", secretAccessKey: randomBytes(18).toString("hex") };
	const users = join(directory, "users.json");
	writeFileSync(users, usersOf(credentials, reader));
	mkdirSync(join(directory, "data"));
	const free = await Promise.all(ports.map(freePort));
	const args = [
		...["server", `-dir=${join(directory, "data")}`, "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"],
		...ports.map((name, i) => `-${name}=${free[i]}`),
		...["-s3.port.iceberg=0", "-s3.port.lance=0", `-s3.config=${users}`, "-master.telemetry=false"],
		...["s3", "filer"].map((role) => `-${role}.localSocket=${join(directory, `${role}.sock`)}`),
		...["-master.volumeSizeLimitMB=64", "-volume.max=100"],
	];
	const environment = { ...process.env, GOMAXPROCS: "2", HOME: directory, TMPDIR: directory };
	const server = spawn(program, args, { cwd: directory, env: environment, stdio: "ignore" });
	const endWithUs = () => {
		server.kill("SIGKILL");
		ports.forEach((name, i) => {
			if (name.endsWith(".grpc")) rmSync(socketOf(name, free[i]), { force: true });
		});
	};
	process.once("exit", endWithUs);
	const url = `http://127.0.0.1:${free[ports.indexOf(s3Port)]}`;
	await answers(url, server);
	return {
		url,
		credentials,
		reader,
		end: async () => {
			process.removeListener("exit", endWithUs);
			const ended = once(server, "exit");
			endWithUs();
			await ended;
		},
	};
}

/** Where SeaweedFS puts the sockets of its roles, whatever it is told, and leaves them. */
function socketOf(port: string, number: number | undefined): string {
	return join("/tmp", `seaweedfs-${port.replace(".port.", "-")}-${number}.sock`);
}

function usersOf(all: S3Credentials, reader: S3Credentials): string {
	const user = (name: string, { accessKeyId, secretAccessKey }: S3Credentials, actions: readonly string[]) => ({
		name,
		credentials: [{ accessKey: accessKeyId, secretKey: secretAccessKey }],
		actions,
	});
	return JSON.stringify({ identities: [user("all", all, ["Admin"]), user("reader", reader, ["Read", "List"])] });
}
