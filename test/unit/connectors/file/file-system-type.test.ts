import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { modeOfType, watchMode } from "#connectors/file/file-system-type.ts";

describe("the file system's type decides how changes are noticed", () => {
	it.each([
		["ext4", 0xef53n],
		["XFS", 0x58465342n],
		["Btrfs", 0x9123683en],
		["tmpfs", 0x01021994n],
		["overlayfs", 0x794c7630n],
		["ZFS", 0x2fc12fc1n],
	])("%s raises events", (name, type) => {
		expect(modeOfType(type)).toEqual({ mode: "events", why: `${name}, a local file system` });
	});

	it.each([
		["NFS", 0x6969n],
		["CIFS", 0xff534d42n],
		["SMB", 0xfe534d42n],
		["SMB", 0x517bn],
		["FUSE", 0x65735546n],
		["9p", 0x01021997n],
		["vboxsf", 0x786f4256n],
		["Ceph", 0x00c36400n],
		["Lustre", 0x0bd00bd0n],
	])("%s is polled: others write there unseen", (name, type) => {
		expect(modeOfType(type)).toMatchObject({ mode: "poll", why: expect.stringContaining(name) });
	});

	it("reads a magic number that a 32-bit field made negative", () => {
		expect(modeOfType(BigInt.asIntN(32, 0xff534d42n)).mode).toBe("poll");
	});

	it("takes an unknown type for local, and names its number", () => {
		expect(modeOfType(0x1234n)).toEqual({ mode: "events", why: "file system type 0x1234, taken for local" });
	});

	it("is asked of the disk when the mode is auto, and obeys the configuration when it is not", async () => {
		expect((await watchMode(tmpdir(), "auto")).mode).toBe("events");
		expect(await watchMode(tmpdir(), "poll")).toEqual({ mode: "poll", why: "mode: poll in the configuration" });
	});
});
