import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as passed } from "node:timers/promises";
import { Redis } from "ioredis";
import { isUrl } from "../../../deploy/dev/services.ts";
import { requireService } from "../services.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { freePort } from "./free-port.ts";
import { killed } from "./killed.ts";

export interface RedisServer {
	readonly url: string;
	/** For a look at what is really there. */
	readonly client: Redis;
	/** Undefined where the server was given by its URL: then it can be neither stopped nor paused. */
	readonly process: RedisProcess | undefined;
	stop(): Promise<void>;
}

export interface RedisProcess {
	readonly port: number;
	/** As a crash would. */
	kill(): Promise<void>;
	/** On the same data and port. */
	start(): Promise<void>;
	/** It keeps its connections, and answers nothing. */
	suspend(): void;
	resume(): void;
}

/** A server of one test file: of its own where the machine has the program, else the one that the environment names. */
export async function startRedis(...settings: readonly string[]): Promise<RedisServer> {
	const at = requireService("redis");
	if (isUrl(at)) {
		const client = new Redis(at);
		return { url: at, client, process: undefined, stop: async () => client.disconnect() };
	}
	const own = new OwnServer(at, await freePort(), settings);
	await own.start();
	const client = new Redis(own.port, "127.0.0.1", { lazyConnect: true, retryStrategy: () => 50 });
	client.on("error", () => {});
	return {
		url: `redis://127.0.0.1:${own.port}`,
		client,
		process: own,
		stop: async () => {
			client.disconnect();
			await own.remove();
		},
	};
}

class OwnServer implements RedisProcess {
	readonly port: number;
	readonly #program: string;
	readonly #settings: readonly string[];
	readonly #directory = temporaryDirectory();
	#server: ChildProcess | undefined;
	readonly #endWithUs = () => this.#server?.kill("SIGKILL");

	constructor(program: string, port: number, settings: readonly string[]) {
		this.#program = program;
		this.port = port;
		this.#settings = settings;
		process.once("exit", this.#endWithUs);
	}

	async start(): Promise<void> {
		const place = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#directory.path];
		const noSnapshots = this.#settings.includes("--sentinel") ? [] : ["--save", ""];
		// First the settings: a file is named before everything else.
		const args = [...this.#settings, ...place, ...noSnapshots];
		this.#server = spawn(this.#program, args, { stdio: "ignore" });
		for (const until = Date.now() + 20_000; !(await answers(this.port)); await passed(20)) {
			if (this.#server.exitCode === null && Date.now() < until) continue;
			await this.remove();
			throw new Error("Redis does not start");
		}
	}

	suspend(): void {
		this.#server?.kill("SIGSTOP");
	}

	resume(): void {
		this.#server?.kill("SIGCONT");
	}

	async kill(): Promise<void> {
		await killed(this.#server);
	}

	async remove(): Promise<void> {
		await this.kill();
		process.removeListener("exit", this.#endWithUs);
		this.#directory.remove();
	}
}

/** Also where it asks for a password; not while it still loads what it saved. */
async function answers(port: number): Promise<boolean> {
	const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
	try {
		const [answer] = await once(socket, "data");
		return /^(\+PONG|-NOAUTH)/.test(String(answer));
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}
