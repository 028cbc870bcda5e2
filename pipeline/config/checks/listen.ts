import type { Parts } from "../parts.ts";
import type { Finding } from "../translate-issues.ts";

export interface Address {
	readonly host: string;
	readonly port: number;
}

/** "127.0.0.1:8080", "localhost:0", "[::1]:8080" */
export function parseListen(listen: string): Address | undefined {
	const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):([0-9]+)$/.exec(listen);
	const host = match?.[1] ?? match?.[2];
	return match === null || host === undefined ? undefined : { host, port: Number(match[3]) };
}

/** Each has an address that can be listened on, and that of the API is reached by this machine alone. */
export function checkListen({ listen, operations }: Parts): Finding[] {
	return [...check("listen", listen, 8080), ...check("operations", operations, 9090)];
}

function check(key: "listen" | "operations", written: string | undefined, port: number): Finding[] {
	if (written === undefined) return [];
	const finding = { path: ["http", key], part: "value" } as const;
	const address = parseListen(written);
	if (address === undefined) {
		const message = `"${written}" is no address: it takes a host and a port`;
		return [{ ...finding, message, fix: `Write for example "127.0.0.1:${port}"` }];
	}
	if (address.port > 65_535) {
		const message = `there is no port ${address.port}: ports go from 0 to 65535`;
		return [{ ...finding, message, fix: `Write for example "${address.host}:${port}"; port 0 takes a free one.` }];
	}
	if (key === "operations" || isLoopback(address.host)) return [];
	const message = `${address.host} is reached from other machines, and the API has no authentication yet`;
	const fix = `Write "127.0.0.1:${address.port}", and put a proxy that asks who it is in front of it.`;
	return [{ ...finding, message, fix }];
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
