import { expect, test } from "vitest";
import { networkOf } from "#domain/address-network.ts";

test.each([
	["10.0.0.1", "10.0.0.1"],
	["::ffff:10.0.0.1", "10.0.0.1"],
	["2001:db8:1:2::1", "2001:db8:1:2::/64"],
	["2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"],
	["2001:0DB8:1:3:0:0:0:1", "2001:db8:1:3::/64"],
	["2001:db8::1", "2001:db8:0:0::/64"],
	["fe80::1%eth0", "fe80:0:0:0::/64"],
	["::1", "0:0:0:0::/64"],
	["::", "0:0:0:0::/64"],
])("%s is counted as %s", (address, network) => {
	expect(networkOf(address)).toBe(network);
});
