import { permanent } from "#core/errors.ts";

export interface RedisNode {
	readonly host: string;
	readonly port: number;
}

/** What a URL says about where Redis is. */
export interface RedisAddress {
	readonly kind: "single" | "sentinel" | "cluster";
	readonly encrypted: boolean;
	/** The server, the sentinels, or some nodes of the cluster. */
	readonly nodes: readonly RedisNode[];
	readonly username: string | undefined;
	readonly password: string | undefined;
	readonly database: number;
	/** What the sentinels call the server: for them alone. */
	readonly master: string | undefined;
}

const forms = [
	"redis://user:password@host:6379/0",
	"redis+cluster://host1:6379,host2:6379",
	"redis+sentinel://host1:26379,host2:26379/mymaster/0",
];
const pattern = /^(rediss?)(?:\+(cluster|sentinel))?:[/][/](?:(.*)@)?([^/@?#]+)(?:[/]([^?#]*))?$/;
const standardPort = { single: 6379, cluster: 6379, sentinel: 26379 };

/**
 * redis:// and rediss:// (encrypted), +cluster and +sentinel with several hosts.
 *
 * @throws WatchRabbitError CACHE_ADDRESS_INVALID (permanent), without the address: it may hold a password
 */
export function parseAddress(url: string): RedisAddress {
	const [, scheme, more, user, hosts, path = ""] = pattern.exec(url) ?? [];
	if (hosts === undefined) throw invalid("it does not have the form of one");
	const kind = (more ?? "single") as RedisAddress["kind"];
	const nodes = hosts.split(",").map((host) => nodeOf(host, standardPort[kind]));
	if (kind === "single" && nodes.length > 1) throw invalid("several hosts are a cluster's or sentinels'");
	const parts = path.split("/").filter((part) => part !== "");
	const master = kind === "sentinel" ? decoded(parts.shift()) : undefined;
	if (kind === "sentinel" && master === undefined) throw invalid("sentinels have to be asked for a server by its name");
	const [number = "0", ...others] = parts;
	if (others.length > 0 || !/^\d+$/.test(number)) throw invalid(`/${parts.join("/")} is not the number of a database`);
	if (kind === "cluster" && number !== "0") throw invalid("a cluster has no other database than 0");
	const [username, password] = credentials(user);
	return { kind, encrypted: scheme === "rediss", nodes, username, password, database: Number(number), master };
}

function nodeOf(host: string, port: number): RedisNode {
	const url = URL.parse(`redis://${host}`);
	if (url === null || url.hostname === "") throw invalid(`${host} is not a host`);
	return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || port) };
}

/** `password`, `:password`, `user:password`. */
function credentials(user: string | undefined): [string | undefined, string | undefined] {
	if (user === undefined || user === "") return [undefined, undefined];
	const colon = user.indexOf(":");
	const name = colon < 0 ? "" : user.slice(0, colon);
	return [decoded(name === "" ? undefined : name), decoded(user.slice(colon + 1))];
}

function decoded(part: string | undefined): string | undefined {
	try {
		return part === undefined ? undefined : decodeURIComponent(part);
	} catch {
		throw invalid("it has a % that is not %25");
	}
}

function invalid(why: string) {
	return permanent("CACHE_ADDRESS_INVALID", `the address of the cache is not one of a Redis: ${why}`, {
		fix: `Write for example ${forms.join(", or ")}.`,
	});
}
