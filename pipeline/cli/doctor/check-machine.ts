import { once } from "node:events";
import { createServer } from "node:net";
import type { ListenAddress } from "#domain/http-settings.ts";
import { type Finding, ok, problem, reason } from "./finding.ts";

/** No clock that is right is older than this program. */
const earliestYear = 2026;
const oldestNode = 24;

export function checkClock(now = new Date()): Finding {
	const shown = now.toISOString().slice(0, 16).replace("T", " ");
	if (now.getUTCFullYear() >= earliestYear) return ok("clock", "machine", `${shown} UTC`);
	return problem(
		"clock",
		"machine",
		`${shown} UTC is before this program was written`,
		"Set the clock by NTP: timedatectl set-ntp true",
	);
}

export function checkNode(version = process.versions.node): Finding {
	if (Number.parseInt(version, 10) >= oldestNode) return ok("node", "machine", `Node ${version}`);
	return problem("node", "machine", `Node ${version} is too old`, `Install Node ${oldestNode} or newer.`);
}

/** The address is free, or a running `up` answers there. */
export async function checkPort({ host, port }: ListenAddress): Promise<Finding> {
	if (port === 0) return ok("port", "http", `a free port of ${host} is taken at the start`);
	const shown = `${host.includes(":") ? `[${host}]` : host}:${port}`;
	try {
		await listenOnce(host, port);
		return ok("port", "http", `${shown} is free`);
	} catch (error) {
		if (await answers(shown)) return ok("port", "http", `${shown} is served by a running watchrabbit`);
		const fix =
			'End what listens there, or give http.listen another port in the configuration; "127.0.0.1:0" takes a free one.';
		return problem("port", "http", `${shown} cannot be listened on (${reason(error)})`, fix);
	}
}

async function listenOnce(host: string, port: number): Promise<void> {
	const server = createServer();
	server.listen({ host, port, exclusive: true });
	await once(server, "listening");
	server.close();
	await once(server, "close");
}

async function answers(address: string): Promise<boolean> {
	try {
		const response = await fetch(`http://${address}/api/v1/sources`, { signal: AbortSignal.timeout(2_000) });
		return response.ok && "items" in ((await response.json()) as object);
	} catch {
		return false;
	}
}
