import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { Client } from "pg";
import { isUrl } from "../../../deploy/dev/services.ts";
import { requireService } from "../services.ts";
import { freePort } from "./free-port.ts";

export interface PostgresServer {
	/** Of its maintenance database, as a superuser. */
	readonly url: string;
	/** A new, empty database of this test; gives its URL. It goes with the server. */
	createDatabase(): Promise<string>;
	/** Undefined where the server was given by its URL: then it can be neither stopped nor paused. */
	readonly process: PostgresProcess | undefined;
	stop(): Promise<void>;
}

/** In PEM; with one, a server of our own speaks TLS. */
export interface Certificate {
	readonly "server.crt": string;
	readonly "server.key": string;
}

export interface PostgresProcess {
	/** As a crash of the server would. */
	kill(): Promise<void>;
	/** On the same data and port. */
	start(): Promise<void>;
}

/** A server of one test file: of its own where the machine has the program, else the one that the environment names. */
export async function startPostgres(
	settings: Readonly<Record<string, string>> = {},
	certificate?: Certificate,
): Promise<PostgresServer> {
	const at = requireService("postgres");
	const own = isUrl(at) ? undefined : new OwnServer(at, settings, certificate);
	await own?.start();
	const url = own?.url ?? at;
	const databases: string[] = [];
	return {
		url,
		process: own,
		createDatabase: async () => {
			const name = `watchrabbit_test_${randomBytes(6).toString("hex")}`;
			await administer(url, `create database ${name} template template0`);
			databases.push(name);
			const database = new URL(url);
			database.pathname = `/${name}`;
			return database.href;
		},
		stop: async () => {
			if (own !== undefined) return own.remove();
			for (const name of databases) await administer(url, `drop database if exists ${name} with (force)`);
		},
	};
}

/** One statement as the superuser, on a connection of its own. */
export async function administer(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
	const client = new Client({ connectionString: url });
	await client.connect();
	try {
		return (await client.query(statement)).rows;
	} finally {
		await client.end();
	}
}

/** English order of words: what must not depend on how the server sorts text is seen to. No flush: nobody cuts the power. */
const clusterOptions = ["--no-sync", "--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US"];

class OwnServer implements PostgresProcess {
	readonly #program: string;
	readonly #settings: Readonly<Record<string, string>>;
	readonly #directory = mkdtempSync(join(tmpdir(), "watchrabbit-postgres-"));
	/** PostgreSQL refuses to run as root. */
	readonly #owner = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
	readonly #password = `wr-${randomBytes(9).toString("hex")}`;
	#port = 0;
	#server: ReturnType<typeof spawn> | undefined;
	readonly #endWithUs = () => this.#server?.kill("SIGKILL");

	constructor(program: string, settings: Readonly<Record<string, string>>, certificate: Certificate | undefined) {
		this.#program = program;
		this.#settings = certificate === undefined ? settings : { ...settings, ssl: "on" };
		const passwordFile = join(this.#directory, "password");
		writeFileSync(passwordFile, this.#password);
		for (const path of [this.#directory, passwordFile]) {
			if (this.#owner.uid !== undefined) chownSync(path, this.#owner.uid, this.#owner.gid);
		}
		const access = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
		execFileSync(join(dirname(program), "initdb"), [...clusterOptions, ...access, "--pgdata", this.#data], {
			...this.#owner,
			cwd: this.#directory,
			stdio: ["ignore", "ignore", "inherit"],
		});
		for (const [name, pem] of Object.entries(certificate ?? {})) {
			const file = join(this.#data, name);
			writeFileSync(file, pem, { mode: 0o600 });
			if (this.#owner.uid !== undefined) chownSync(file, this.#owner.uid, this.#owner.gid);
		}
		process.once("exit", this.#endWithUs);
	}

	get #data(): string {
		return join(this.#directory, "data");
	}

	get url(): string {
		return `postgres://postgres:${this.#password}@127.0.0.1:${this.#port}/postgres`;
	}

	async start(): Promise<void> {
		this.#port ||= await freePort();
		const settings = {
			listen_addresses: "127.0.0.1",
			port: String(this.#port),
			unix_socket_directories: this.#directory,
			fsync: "off",
			shared_buffers: "32MB",
			max_connections: "60",
			log_min_messages: "fatal",
			...this.#settings,
		};
		const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
		this.#server = spawn(this.#program, ["-D", this.#data, ...args], {
			...this.#owner,
			cwd: this.#directory,
			stdio: ["ignore", "ignore", "ignore"],
		});
		await this.#ready(Date.now() + 30_000);
	}

	async #ready(until: number): Promise<void> {
		try {
			await administer(this.url, "select 1");
		} catch (error) {
			if (Date.now() > until || this.#server?.exitCode !== null) throw error;
			await passed(50);
			await this.#ready(until);
		}
	}

	async kill(): Promise<void> {
		await this.#end("SIGQUIT");
	}

	async remove(): Promise<void> {
		await this.#end("SIGINT");
		process.removeListener("exit", this.#endWithUs);
		rmSync(this.#directory, { recursive: true });
	}

	/** SIGINT disconnects everybody first, SIGQUIT is a crash: the signals of pg_ctl's modes "fast" and "immediate". */
	async #end(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
		const server = this.#server;
		if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
		const ended = once(server, "exit");
		server.kill(signal);
		await ended;
	}
}

function idOf(which: "-u" | "-g"): number {
	return Number(execFileSync("id", [which, "postgres"], { encoding: "utf8" }));
}
