import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import amqp from "amqplib";
import { requireService } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { isUrl } from "../../../deploy/dev/services.ts";
import { freePort } from "./free-port.ts";

/** A RabbitMQ of its own for one test file, on 127.0.0.1. */
export interface RabbitMq {
	/** As an administrator, virtual host "/". */
	readonly url: string;
	/** The same by TLS, where that was asked for. */
	readonly tlsUrl: string;
	/** host:port of its own metrics, where they were asked for. */
	readonly metrics: string | undefined;
	readonly version: string;
	/** Where it keeps what it has; undefined where the server was given by its URL. */
	readonly data: string | undefined;
	/** rabbitmqctl on this node; fails when it fails. */
	control(...args: readonly string[]): void;
	/** The same while others go on; gives what it wrote. */
	ask(...args: readonly string[]): Promise<string>;
	/** Ends the server as a power cut would. */
	kill(): Promise<void>;
	/** Starts what was killed again, over the same data and at the same address. */
	startAgain(): Promise<void>;
	stop(): Promise<void>;
}

const execute = promisify(execFile);
const readyWithinMs = 60_000;

/** Files in PEM; whoever connects by TLS must show a certificate of the same authority. */
export interface RabbitMqTls {
	readonly ca: string;
	readonly cert: string;
	readonly key: string;
}

/** A private node: nothing of it is shared with a RabbitMQ of this machine, its port mapper included. */
export async function startRabbitMq(tls?: RabbitMqTls, withMetrics = false): Promise<RabbitMq> {
	const server = requireService("rabbitmq");
	if (isUrl(server)) return await somebodyElses(server);
	const { path, remove } = temporaryDirectory();
	const [port, distribution, mapper] = [await freePort(), await freePort(), await freePort()];
	const tlsPort = await freePort();
	const metrics = withMetrics ? `127.0.0.1:${await freePort()}` : undefined;
	const environment = environmentOf(path, { port, distribution, mapper });
	writeFileSync(
		environment.RABBITMQ_ENABLED_PLUGINS_FILE,
		metrics === undefined ? "[].\n" : "[rabbitmq_prometheus].\n",
	);
	writeFileSync(
		environment.RABBITMQ_CONFIG_FILE,
		`listeners.tcp.1 = 127.0.0.1:${port}\n${settings}${tlsSettings(tlsPort, tls)}${metricsSettings(metrics)}`,
	);
	mkdirSync(environment.HOME);
	const url = `amqp://guest:guest@127.0.0.1:${port}`;

	const start = (program: string, ...args: readonly string[]) => endedWithUs(program, args, environment);
	const epmd = start("epmd", "-port", String(mapper), "-address", "127.0.0.1");
	let node: ChildProcess;
	let version = "";
	const begin = async () => {
		node = start(server);
		version = await ready(url, node, path);
	};
	await begin();
	const end = async (child: ChildProcess) => {
		child.stdin?.end();
		if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
	};
	return {
		url,
		tlsUrl: `amqps://guest:guest@127.0.0.1:${tlsPort}`,
		metrics,
		version,
		data: environment.RABBITMQ_MNESIA_BASE,
		control: (...args) => {
			const ctl = spawnSync(join(dirname(server), "rabbitmqctl"), args, { env: environment, encoding: "utf8" });
			if (ctl.status !== 0) throw new Error(`rabbitmqctl ${args[0]}: ${ctl.stderr}${ctl.stdout}`);
		},
		ask: async (...args) => {
			const options = { env: environment, encoding: "utf8" } as const;
			return (await execute(join(dirname(server), "rabbitmqctl"), ["--quiet", ...args], options)).stdout;
		},
		kill: () => end(node),
		startAgain: begin,
		stop: async () => {
			await end(node);
			await end(epmd);
			remove();
		},
	};
}

/** One that runs already can be neither stopped nor commanded: tests of that fail on it. */
async function somebodyElses(url: string): Promise<RabbitMq> {
	const notOurs = () => {
		throw new Error("this needs a RabbitMQ of the test's own: unset WATCHRABBIT_TEST_RABBITMQ_URL");
	};
	const version = await versionOf(url);
	const other = { control: notOurs, ask: notOurs, kill: notOurs, startAgain: notOurs };
	return { url, tlsUrl: url, metrics: undefined, version, data: undefined, ...other, stop: async () => {} };
}

function tlsSettings(port: number, tls: RabbitMqTls | undefined): string {
	if (tls === undefined) return "";
	return `
listeners.ssl.1 = 127.0.0.1:${port}
ssl_options.cacertfile = ${tls.ca}
ssl_options.certfile = ${tls.cert}
ssl_options.keyfile = ${tls.key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
`;
}

function metricsSettings(address: string | undefined): string {
	if (address === undefined) return "";
	const { hostname, port } = new URL(`http://${address}`);
	return `
prometheus.tcp.ip = ${hostname}
prometheus.tcp.port = ${port}
collect_statistics_interval = 1000
`;
}

const settings = `
loopback_users = none
max_message_size = 16777216
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
log.file = server.log
log.console = false
`;

function environmentOf(path: string, ports: { port: number; distribution: number; mapper: number }) {
	return {
		PATH: process.env.PATH,
		HOME: join(path, "home"),
		LANG: "C.UTF-8",
		RABBITMQ_NODENAME: `watchrabbit-${ports.port}@localhost`,
		RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
		RABBITMQ_NODE_PORT: String(ports.port),
		RABBITMQ_DIST_PORT: String(ports.distribution),
		ERL_EPMD_PORT: String(ports.mapper),
		ERL_EPMD_ADDRESS: "127.0.0.1",
		RABBITMQ_MNESIA_BASE: join(path, "data"),
		RABBITMQ_LOG_BASE: path,
		RABBITMQ_ENABLED_PLUGINS_FILE: join(path, "plugins"),
		RABBITMQ_CONFIG_FILE: join(path, "rabbitmq.conf"),
		// No shell around the virtual machine: what is killed is the server.
		RABBITMQ_ALLOW_INPUT: "true",
		// One scheduler, and none that waits busily: tests run beside it.
		RABBITMQ_SERVER_START_ARGS: "-noinput +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
	};
}

/** A child that is killed when its standard input closes: by us, or because this process ended, however it did. */
function endedWithUs(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
	const guarded =
		'exec 3<&0; "$@" 3<&- </dev/null & child=$!; (cat <&3 >/dev/null; kill -9 $child) & wait $child; kill $!';
	return spawn("/bin/sh", ["-c", guarded, "sh", program, ...args], { env, stdio: ["pipe", "ignore", "ignore"] });
}

async function ready(url: string, node: ChildProcess, logs: string): Promise<string> {
	const until = Date.now() + readyWithinMs;
	for (;;) {
		try {
			return await versionOf(url);
		} catch (cause) {
			if (node.exitCode !== null || Date.now() > until)
				throw new Error(`RabbitMQ does not start:\n${tail(logs)}`, { cause });
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

async function versionOf(url: string): Promise<string> {
	const connection = await amqp.connect(url);
	const { version } = connection.connection.serverProperties;
	await connection.close();
	return version;
}

function tail(logs: string): string {
	const files = readdirSync(logs).filter((name) => name.endsWith(".log"));
	return files.map((name) => readFileSync(join(logs, name), "utf8").slice(-2_000)).join("\n");
}

/** A virtual host of its own, with nothing in it yet. Gives its URL. */
export async function addVirtualHost(rabbitMq: RabbitMq, name: string): Promise<string> {
	await rabbitMq.ask("add_vhost", name);
	await rabbitMq.ask("set_permissions", "-p", name, "guest", ".*", ".*", ".*");
	return `${rabbitMq.url}/${name}`;
}
