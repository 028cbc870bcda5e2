import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { isUrl } from "../../../deploy/dev/services.ts";
import { requireService } from "../services.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { freePort } from "./free-port.ts";
import { killed } from "./killed.ts";

export interface KafkaServer {
	readonly url: string;
	/** For a look at what is really there. */
	readonly client: Kafka;
	/** Undefined where the server was given by its URL: then it can be neither stopped nor paused. */
	readonly process: KafkaProcess | undefined;
	stop(): Promise<void>;
}

export interface KafkaProcess {
	/** Encrypted, for who logs in, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; `ca` is the authority to trust. */
	readonly guarded: { readonly address: string; readonly user: string; readonly password: string; readonly ca: string };
	/** One that logs in there as well, by PLAIN, with the same password, and may do what it is allowed. */
	readonly limited: string;
	/** Encrypted, for who shows a certificate of the authority. */
	readonly mutual: { readonly address: string; readonly ca: string; readonly cert: string; readonly key: string };
	/** As a crash would. */
	kill(): Promise<void>;
	/** On the same data and ports. */
	start(): Promise<void>;
}

/** A broker of one test file, in KRaft mode: of its own where the machine has Java and the jars. */
export async function startKafka(): Promise<KafkaServer> {
	const at = requireService("kafka");
	if (isUrl(at)) {
		const url = new URL(at);
		return { url: at, client: clientOf(url.host), process: undefined, stop: async () => {} };
	}
	const own = new OwnServer(dirname(at), [await freePort(), await freePort(), await freePort(), await freePort()]);
	await own.start();
	return { url: `kafka://${own.address}`, client: clientOf(own.address), process: own, stop: () => own.remove() };
}

function clientOf(broker: string): Kafka {
	return new Kafka({ brokers: [broker], clientId: "test", logLevel: logLevel.NOTHING, retry: { retries: 2 } });
}

class OwnServer implements KafkaProcess {
	readonly address: string;
	readonly guarded: KafkaProcess["guarded"];
	readonly mutual: KafkaProcess["mutual"];
	readonly limited = "limited";
	readonly #jars: string;
	readonly #directory = temporaryDirectory();
	#server: ChildProcess | undefined;
	readonly #endWithUs = () => this.#server?.kill("SIGKILL");

	constructor(jars: string, [open, guarded, mutual, controller]: readonly [number, number, number, number]) {
		this.#jars = jars;
		this.address = `127.0.0.1:${open}`;
		const { path } = this.#directory;
		const [key, cert] = [join(path, "key.pem"), join(path, "cert.pem")];
		const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
		const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"];
		const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { stdio: "ignore" });
		openssl(...request, "-keyout", key, "-out", cert, ...subject);
		const [ourKey, ourCert] = [join(path, "our-key.pem"), join(path, "our-cert.pem")];
		const signed = ["-CA", cert, "-CAkey", key, "-addext", "basicConstraints=CA:FALSE", "-subj", "/CN=lab"];
		openssl(...request, "-keyout", ourKey, "-out", ourCert, ...signed);
		const ca = readFileSync(cert, "utf8");
		this.guarded = {
			address: `localhost:${guarded}`,
			user: "lab",
			password: `secret-${randomBytes(6).toString("hex")}`,
			ca,
		};
		this.mutual = {
			address: `localhost:${mutual}`,
			ca,
			cert: readFileSync(ourCert, "utf8"),
			key: readFileSync(ourKey, "utf8"),
		};
		const keystore = join(path, "keystore.pem");
		writeFileSync(keystore, readFileSync(key, "utf8") + ca);
		const modules = "org.apache.kafka.common.security";
		const login = `${modules}.plain.PlainLoginModule required user_lab="${this.guarded.password}" user_limited="${this.guarded.password}";`;
		const scram = `${modules}.scram.ScramLoginModule required;`;
		const settings = {
			"node.id": 1,
			"process.roles": "broker,controller",
			"controller.quorum.voters": `1@127.0.0.1:${controller}`,
			"controller.listener.names": "CONTROLLER",
			listeners: `PLAINTEXT://${this.address},SASL_SSL://127.0.0.1:${guarded},SSL://127.0.0.1:${mutual},CONTROLLER://127.0.0.1:${controller}`,
			"advertised.listeners": `PLAINTEXT://${this.address},SASL_SSL://${this.guarded.address},SSL://${this.mutual.address}`,
			"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT",
			"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
			"listener.name.sasl_ssl.plain.sasl.jaas.config": login,
			"listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": scram,
			"listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": scram,
			"listener.name.ssl.ssl.client.auth": "required",
			"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
			"super.users": "User:ANONYMOUS;User:lab;User:CN=lab",
			"ssl.truststore.type": "PEM",
			"ssl.truststore.location": cert,
			"ssl.keystore.type": "PEM",
			"ssl.keystore.location": keystore,
			"log.dirs": join(path, "data"),
			"offsets.topic.replication.factor": 1,
			"offsets.topic.num.partitions": 1,
			"transaction.state.log.replication.factor": 1,
			"transaction.state.log.min.isr": 1,
			"group.initial.rebalance.delay.ms": 0,
			"group.min.session.timeout.ms": 500,
			"auto.create.topics.enable": false,
			// One that was killed is let in again once its last session is over.
			"broker.session.timeout.ms": 2000,
			"broker.heartbeat.interval.ms": 500,
		};
		const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
		writeFileSync(this.#settingsFile, lines.join(""));
		mkdirSync(join(path, "data"));
		process.once("exit", this.#endWithUs);
		// Kafka wants 16 bytes. Not random ones: an id that begins with "-" is taken for an option.
		const id = Buffer.from("watchrabbit-test").toString("base64url");
		const users = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
			"--add-scram",
			`${mechanism}=[name=${this.guarded.user},password=${this.guarded.password}]`,
		]);
		const format = ["kafka.tools.StorageTool", "format", "-t", id, "-c", this.#settingsFile, ...users];
		execFileSync("java", [...this.#java, ...format], { stdio: "ignore" });
	}

	get #settingsFile(): string {
		return join(this.#directory.path, "server.properties");
	}

	/** A broker for a handful of messages: a small heap, and no compiler that works harder than it. */
	get #java(): readonly string[] {
		return ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", `${this.#jars}/*`];
	}

	async start(): Promise<void> {
		const server = spawn("java", [...this.#java, "kafka.Kafka", this.#settingsFile], { stdio: "ignore" });
		this.#server = server;
		const admin = clientOf(this.address).admin();
		for (const until = Date.now() + 60_000; ; await passed(100)) {
			try {
				await admin.connect();
				await admin.listTopics();
				// Its groups come last.
				await admin.fetchOffsets({ groupId: "nobody" });
				break;
			} catch (error) {
				if (server.exitCode === null && Date.now() < until) continue;
				await this.remove();
				throw new Error("Kafka does not start", { cause: error });
			}
		}
		await admin.disconnect();
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
