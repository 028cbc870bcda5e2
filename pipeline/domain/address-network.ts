import { isIPv6 } from "node:net";

/** Whom an address is counted as: of IPv6 everybody has 2^64 of them, so that the network counts. */
export function networkOf(address: string): string {
	if (!isIPv6(address)) return address;
	const groups = groupsOf(address);
	// ::ffff:1.2.3.4 is one of IPv4.
	if (groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff") return ipv4Of(groups.slice(6));
	return `${groups.slice(0, 4).join(":")}::/64`;
}

/** All eight of them, as RFC 5952 writes each. */
function groupsOf(address: string): readonly string[] {
	const { hostname } = new URL(`http://[${address.replace(/%.*$/, "")}]`);
	const [head = [], tail = []] = hostname
		.slice(1, -1)
		.split("::")
		.map((part) => part.split(":").filter((group) => group !== ""));
	return [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
}

function ipv4Of(groups: readonly string[]): string {
	return groups
		.map((group) => Number.parseInt(group, 16))
		.flatMap((number) => [number >> 8, number & 255])
		.join(".");
}
