import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { mountsIn, shareIn, shareOf } from "#connectors/file/share.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** As Linux writes them. */
const mountinfo = `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
40 22 0:40 / /mnt/nas rw,relatime shared:20 - nfs4 nas.lab:/export/instruments rw,vers=4.2
41 22 0:41 /plates /mnt/plates rw,relatime - nfs4 nas.lab:/export/instruments rw,vers=4.2
42 22 0:42 / /mnt/lc\\040ms rw,relatime shared:22 - cifs //NAS/LCMS rw,vers=3.1.1
43 22 254:1 /srv/local /mnt/bound rw,relatime shared:1 - ext4 /dev/vda1 rw
44 40 0:44 / /mnt/nas/scratch rw - tmpfs tmpfs rw
`;
const share = (path: string, host = "host-1") => shareIn(path, mountsIn(mountinfo), host);

describe("what a directory is to all hosts", () => {
	it("on a share: its place on the server, by whatever path it is reached", () => {
		expect(share("/mnt/nas/plates/today")).toBe("nfs nas.lab:/export/instruments/plates/today");
		expect(share("/mnt/plates/today", "host-2")).toBe("nfs nas.lab:/export/instruments/plates/today");
		expect(share("/mnt/lc ms/run 1")).toBe("smb //nas/lcms/run 1");
		expect(share("/mnt/nas")).toBe("nfs nas.lab:/export/instruments");
	});

	it("else one of this host: directories of the same path on two hosts are two", () => {
		expect(share("/mnt/bound/a")).toBe("host-1 /mnt/bound/a");
		expect(share("/data")).not.toBe(share("/data", "host-2"));
		expect(share("/mnt/nas/scratch/a")).toBe("host-1 /mnt/nas/scratch/a");
		expect(share("/mnt/nascent")).toBe("host-1 /mnt/nascent");
	});

	it("is told of a directory of this machine, and of one that is not there", async () => {
		const { path, remove } = temporaryDirectory();
		expect(await shareOf(path)).toBe(`${hostname()} ${path}`);
		expect(await shareOf(`${path}/not there`)).toBe(`${hostname()} ${path}/not there`);
		remove();
	});
});
