import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import {
	CreateBucketCommand,
	DeleteBucketCommand,
	DeleteObjectCommand,
	paginateListObjectsV2,
	S3Client,
} from "@aws-sdk/client-s3";
import type { S3Credentials, S3Options } from "#connectors/s3/options.ts";
import { isUrl } from "../../../deploy/dev/services.ts";
import { requireService } from "../services.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { freePort } from "./free-port.ts";

export interface S3Server {
	/** Without credentials. */
	readonly url: string;
	/** May do everything. */
	readonly credentials: S3Credentials;
	/** May read and list, no more; undefined where the server was given by its URL. */
	readonly reader: S3Credentials | undefined;
	readonly hasLifecycleRules: boolean;
	/** A new, empty bucket of this test, and how to reach it. */
	createBucket(): Promise<S3Options>;
	/** With all that is in it. */
	deleteBucket(bucket: string): Promise<void>;
	stop(): Promise<void>;
}

/** SeaweedFS, for one test file; or the server that the environment names, with its keys in the URL or beside it. */
export async function startS3(): Promise<S3Server> {
	const at = requireService("s3");
	if (isUrl(at)) return withBuckets(given(new URL(at)));
	const { path, remove } = temporaryDirectory();
	const started = await startSeaweed(at, path);
	const server = withBuckets(started);
	return {
		...server,
		stop: async () => {
			await server.stop();
			await started.end();
			remove();
		},
	};
}

export type Reached = Pick<S3Server, "url" | "credentials" | "reader" | "hasLifecycleRules">;

export function withBuckets(reached: Reached): S3Server {
	const { url, credentials, reader } = reached;
	const client = new S3Client({ endpoint: url, region: "us-east-1", credentials, forcePathStyle: true });
	const buckets = new Set<string>();
	const deleteBucket = async (Bucket: string) => {
		for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
			for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
		}
		await client.send(new DeleteBucketCommand({ Bucket }));
		buckets.delete(Bucket);
	};
	return {
		...reached,
		createBucket: async () => {
			const bucket = `watchrabbit-test-${randomBytes(6).toString("hex")}`;
			await client.send(new CreateBucketCommand({ Bucket: bucket }));
			buckets.add(bucket);
			const own = { prefix: "", region: "us-east-1", pathStyle: true, encryption: undefined };
			return { ...own, bucket, endpoint: url, credentials };
		},
		deleteBucket,
		stop: async () => {
			// A server that is started for the tests takes its buckets along.
			if (reader === undefined) for (const bucket of buckets) await deleteBucket(bucket);
			client.destroy();
		},
	};
}

function given(url: URL): Reached {
	const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: secret = "" } = process.env;
	const credentials = {
		accessKeyId: decodeURIComponent(url.username) || id,
		secretAccessKey: decodeURIComponent(url.password) || secret,
	};
	return { url: url.origin, credentials, reader: undefined, hasLifecycleRules: false };
}

const readyWithinMs = 60_000;
const s3Port = "s3.port";
const ports = ["master.port", "volume.port", "filer.port", s3Port].flatMap((name) => [name, `${name}.grpc`]);

async function startSeaweed(program: string, directory: string): Promise<Reached & { end(): Promise<void> }> {
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
		hasLifecycleRules: true,
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

/** Waits for an answer, which is that it knows nobody. */
export async function answers(url: string, server: ChildProcess): Promise<void> {
	const until = Date.now() + readyWithinMs;
	for (;;) {
		const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
		await answer?.text();
		if (answer !== undefined) return;
		if (server.exitCode !== null || Date.now() > until) throw new Error("the S3 server does not start");
		await passed(50);
	}
}
