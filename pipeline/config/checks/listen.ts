import { isLoopback } from "#domain/loopback.ts";
import type { Parts } from "../parts.ts";
import { valueAt } from "../schema-walk.ts";
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

/** Each has an address that can be listened on, and nobody but this machine may ask the API without saying who it is. */
export function checkListen({ listen, operations, value }: Parts): Finding[] {
	const open = valueAt(value, ["access", "required"]) === false;
	return [
		...check("listen", listen, 8080),
		...check("operations", operations, 9090),
		...(open ? refuseOpen(parseListen(listen ?? ""), value) : []),
	];
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
	return [];
}

function refuseOpen(address: Address | undefined, value: unknown): Finding[] {
	if (address === undefined) return [];
	const part = "value" as const;
	const path = ["access", "required"];
	const others = [valueAt(value, ["http", "proxies"])].flat().some((proxy) => proxy !== undefined);
	if (others || valueAt(value, ["access", "oidc"]) !== undefined) {
		const message = `${others ? "http.proxies brings others here" : "access.oidc says where people log in"}, and whoever reaches the API might do everything`;
		return [{ path, part, message, fix: "Remove this: who asks then has to say who he is." }];
	}
	if (isLoopback(address.host)) return [];
	const message = `${address.host} is reached from other machines, and whoever reaches the API might do everything`;
	const fix = `Remove this, and make a user with: watchrabbit users add NAME --role admin; or listen at "127.0.0.1:${address.port}".`;
	return [{ path, part, message, fix }];
}
