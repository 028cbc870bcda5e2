import { readFile, realpath } from "node:fs/promises";
import { hostname } from "node:os";
import { join, relative } from "node:path/posix";
import { fsPath, type PathString, pathFromBytes } from "#domain/path.ts";

/** File systems that are of a server: whoever mounts the same one sees the same files. */
const ofServers = new Map(
	Object.entries({
		nfs: ["nfs", "nfs4"],
		smb: ["cifs", "smb3", "smbfs"],
		sshfs: ["fuse.sshfs"],
		glusterfs: ["fuse.glusterfs"],
		ceph: ["ceph", "fuse.ceph"],
		lustre: ["lustre"],
		beegfs: ["beegfs"],
		gpfs: ["gpfs"],
		afs: ["afs"],
		"9p": ["9p"],
	}).flatMap(([name, types]) => types.map((type) => [type, name])),
);

interface Mount {
	/** Of the file system, what is mounted: "/" is all of it. */
	readonly root: string;
	readonly point: string;
	readonly type: string;
	/** What the server calls it. */
	readonly device: string;
}

/**
 * What a directory is to all hosts: on a share its place on the server, by whatever path this host reaches it; else a
 * directory of this host. A directory that cannot be reached is one of this host, until it can.
 */
export async function shareOf(root: PathString): Promise<string> {
	const path = await realpath(fsPath(root), "buffer").then(pathFromBytes, () => root);
	const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
	return shareIn(path, mountsIn(mounts));
}

export function shareIn(path: PathString, mounts: readonly Mount[], host = hostname()): string {
	const isOf = ({ point }: Mount) => point === "/" || path === point || path.startsWith(`${point}/`);
	// Of two at one point the later one covers the other.
	const mount = mounts
		.filter(isOf)
		.reduce<Mount | undefined>(
			(deepest, next) => (deepest !== undefined && deepest.point.length > next.point.length ? deepest : next),
			undefined,
		);
	const name = mount && ofServers.get(mount.type);
	if (mount === undefined || name === undefined) return `${host} ${path}`;
	const device = name === "smb" ? mount.device.toLowerCase().replaceAll("\\", "/") : mount.device;
	const below = join("/", mount.root, relative(mount.point, path));
	return `${name} ${device.replace(/\/+$/, "")}${below === "/" ? "" : below}`;
}

/** https://docs.kernel.org/filesystems/proc.html, 3.5: ID, parent, device, root, point, options, optional fields, "-", type, source. */
export function mountsIn(mountinfo: string): Mount[] {
	return mountinfo.split("\n").flatMap((line) => {
		const fields = line.split(" ").map(unescaped);
		const separator = fields.indexOf("-", 6);
		const [root, point] = [fields[3], fields[4]];
		const [type, device] = [fields[separator + 1], fields[separator + 2]];
		if (separator < 0 || !root || !point || !type || device === undefined) return [];
		return [{ root, point, type, device }];
	});
}

/** Blanks, tabs, newlines and backslashes are written as \040 and so on. */
function unescaped(field: string): string {
	return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
