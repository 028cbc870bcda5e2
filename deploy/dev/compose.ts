import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { executable } from "./packages.ts";
import type { Way } from "./ways.ts";

type Composed = Extract<Way, { kind: "compose" }>;

const file = fileURLToPath(new URL("../compose/test-services.yml", import.meta.url));
/** Two runs of the tests on one machine do not end each other's. */
const project = `watchrabbit-test-${process.pid}`;
const longestStartSeconds = 300;

/** `docker compose` over deploy/compose/test-services.yml, where it works; what was started ends with `down`. */
export class Compose {
	readonly #environment: NodeJS.ProcessEnv;
	readonly #docker: string | undefined;
	#started = false;

	constructor(environment: NodeJS.ProcessEnv) {
		this.#environment = environment;
		this.#docker = executable("docker", environment);
	}

	get works(): boolean {
		return this.#run("version") !== undefined;
	}

	/** The URL of the service once it is healthy; undefined, and said why, when it never was. */
	up({ service, port, url }: Composed, say: (line: string) => void): string | undefined {
		say(`starting ${service} by docker compose ...`);
		this.#started = true;
		const ran = this.#run("up", "--detach", "--wait", `--wait-timeout=${longestStartSeconds}`, service);
		const address = ran === undefined ? undefined : this.#run("port", service, String(port))?.trim();
		if (address === undefined || address === "") {
			say(`docker compose could not start ${service}`);
			return undefined;
		}
		return url(address);
	}

	down(): void {
		if (this.#started) this.#run("down", "--volumes");
		this.#started = false;
	}

	/** What the command wrote; undefined when it failed. */
	#run(...args: readonly string[]): string | undefined {
		if (this.#docker === undefined) return undefined;
		const { status, stdout } = spawnSync(
			this.#docker,
			["compose", "--file", file, "--project-name", project, ...args],
			{
				env: this.#environment,
				stdio: ["ignore", "pipe", "ignore"],
				encoding: "utf8",
			},
		);
		return status === 0 ? stdout : undefined;
	}
}
