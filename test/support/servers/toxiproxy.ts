import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as passed } from "node:timers/promises";
import { requireService } from "../services.ts";
import { freePort } from "./free-port.ts";

/** What becomes of the bytes that go through a link, as Toxiproxy calls it. */
export type Toxic =
	| { readonly type: "latency"; readonly attributes: { readonly latency: number; readonly jitter?: number } }
	/** Ends the connection by RST after so many milliseconds. */
	| { readonly type: "reset_peer"; readonly attributes: { readonly timeout: number } }
	/** Nothing comes through; 0: until it is taken away, and then the connection ends. */
	| { readonly type: "timeout"; readonly attributes: { readonly timeout: number } };

/** A network between the product and one service, as bad as it is told to be. */
export interface Link {
	/** Of its near end: host and port. */
	readonly address: string;
	/** In both directions, for connections that are there and that come. */
	poison(toxic: Toxic): Promise<void>;
	/** As if the service were not there: connections end, new ones are refused. */
	cut(): Promise<void>;
	/** All as it was. */
	mend(): Promise<void>;
}

export interface Toxiproxy {
	/** A new link to a host and port. */
	link(name: string, upstream: string): Promise<Link>;
	stop(): Promise<void>;
}

const readyWithinMs = 20_000;

/** A real Toxiproxy, for one test file. */
export async function startToxiproxy(): Promise<Toxiproxy> {
	const port = await freePort();
	const api = `http://127.0.0.1:${port}`;
	const server = spawn(requireService("toxiproxy"), ["-host", "127.0.0.1", "-port", String(port)], { stdio: "ignore" });
	const endWithUs = () => server.kill("SIGKILL");
	process.once("exit", endWithUs);
	const ask = async (method: string, path: string, body?: object): Promise<void> => {
		const answer = await fetch(api + path, { method, ...(body && { body: JSON.stringify(body) }) });
		if (!answer.ok) throw new Error(`Toxiproxy: ${method} ${path}: ${answer.status} ${await answer.text()}`);
		await answer.arrayBuffer();
	};
	for (const until = Date.now() + readyWithinMs; ; await passed(20)) {
		try {
			await ask("GET", "/version");
			break;
		} catch (cause) {
			if (server.exitCode !== null || Date.now() > until) throw new Error("Toxiproxy does not start", { cause });
		}
	}
	return {
		link: async (name, upstream) => {
			const address = `127.0.0.1:${await freePort()}`;
			await ask("POST", "/proxies", { name, listen: address, upstream, enabled: true });
			const path = `/proxies/${name}`;
			const toxics: string[] = [];
			return {
				address,
				poison: async (toxic) => {
					for (const stream of ["upstream", "downstream"]) {
						const called = `${toxic.type}-${stream}`;
						await ask("POST", `${path}/toxics`, { ...toxic, stream, name: called });
						toxics.push(called);
					}
				},
				cut: () => ask("POST", path, { enabled: false }),
				mend: async () => {
					for (const toxic of toxics.splice(0)) await ask("DELETE", `${path}/toxics/${toxic}`);
					await ask("POST", path, { enabled: true });
				},
			};
		},
		stop: async () => {
			process.removeListener("exit", endWithUs);
			const ended = once(server, "exit");
			server.kill("SIGKILL");
			await ended;
		},
	};
}
