import { statfs } from "node:fs/promises";
import type { SourceSettings } from "#domain/settings.ts";
import type { WatchMode } from "#domain/watch-mode.ts";

interface FileSystemType {
	readonly name: string;
	/** Whether this kernel sees every write and raises an event for it. */
	readonly local: boolean;
}

const local = (name: string): FileSystemType => ({ name, local: true });
const shared = (name: string): FileSystemType => ({ name, local: false });

/** statfs's f_type. Sources: linux/magic.h, statfs(2), and the file systems' own headers. */
const types = new Map<number, FileSystemType>([
	[0xef53, local("ext4")],
	[0x58465342, local("XFS")],
	[0x9123683e, local("Btrfs")],
	[0x01021994, local("tmpfs")],
	[0x858458f6, local("ramfs")],
	[0x794c7630, local("overlayfs")],
	[0x2fc12fc1, local("ZFS")],
	[0xf2f52010, local("F2FS")],
	[0xf15f, local("eCryptfs")],
	[0x4d44, local("FAT")],
	[0x2011bab0, local("exFAT")],
	[0x7366746e, local("NTFS")],
	[0x5346544e, local("NTFS")],
	[0x6969, shared("NFS")],
	[0xff534d42, shared("CIFS")],
	[0xfe534d42, shared("SMB")],
	[0x517b, shared("SMB")],
	[0x65735546, shared("FUSE")],
	[0x01021997, shared("9p")],
	[0x786f4256, shared("vboxsf")],
	[0xbacbacbc, shared("vmhgfs")],
	[0x53464846, shared("drvfs")],
	[0x00c36400, shared("Ceph")],
	[0x47504653, shared("GPFS")],
	[0x0bd00bd0, shared("Lustre")],
	[0x19830326, shared("BeeGFS")],
	[0x01161970, shared("GFS2")],
	[0x7461636f, shared("OCFS2")],
	[0x5346414f, shared("AFS")],
	[0x6b414653, shared("AFS")],
	[0x73757245, shared("Coda")],
]);

/** What a file system's type says about events. An unknown type is taken for local: scans find what its events miss. */
export function modeOfType(type: bigint): WatchMode {
	const number = Number(BigInt.asUintN(32, type));
	const known = types.get(number);
	if (known === undefined) return { mode: "events", why: `file system type 0x${number.toString(16)}, taken for local` };
	if (known.local) return { mode: "events", why: `${known.name}, a local file system` };
	return { mode: "poll", why: `${known.name}: writes from elsewhere raise no events here` };
}

/** @throws the system's error if the path cannot be reached */
export async function watchMode(path: string | Buffer, setting: SourceSettings["mode"]): Promise<WatchMode> {
	if (setting !== "auto") return { mode: setting, why: `mode: ${setting} in the configuration` };
	// Elsewhere f_type is an index that says nothing, and every file system there is known to the one watcher.
	if (process.platform !== "linux") return { mode: "events", why: `the default on ${process.platform}` };
	return modeOfType((await statfs(path, { bigint: true })).type);
}
