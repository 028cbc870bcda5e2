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

/** The API has an address that can be listened on, and that only this machine reaches. */
export function checkListen({ listen }: Parts): Finding[] {
	if (listen === undefined) return [];
	const finding = { path: ["http", "listen"], part: "value" } as const;
	const address = parseListen(listen);
	if (address === undefined) {
		return [
			{
				...finding,
				message: `"${listen}" is no address: it takes a host and a port`,
				fix: 'Write for example "127.0.0.1:8080"',
			},
		];
	}
	if (address.port > 65_535) {
		return [
			{
				...finding,
				message: `there is no port ${address.port}: ports go from 0 to 65535`,
				fix: `Write for example "${address.host}:8080"; port 0 takes a free one.`,
			},
		];
	}
	if (!isLoopback(address.host)) {
		return [
			{
				...finding,
				message: `${address.host} is reached from other machines, and the API has no authentication yet`,
				fix: `Write "127.0.0.1:${address.port}", and put a proxy that asks who it is in front of it.`,
			},
		];
	}
	return [];
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
