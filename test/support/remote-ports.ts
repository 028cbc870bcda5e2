import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const established = "01";

/** Ports to which a process holds connections, as the kernel tells (Linux). */
export function remotePorts(pid: number): ReadonlySet<number> {
	const sockets = new Set(
		readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
			try {
				return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
			} catch {
				return []; // closed meanwhile
			}
		}),
	);
	const ports = new Set<number>();
	for (const table of ["tcp", "tcp6"]) {
		const [, ...lines] = readFileSync(`/proc/${pid}/net/${table}`, "utf8").trim().split("\n");
		for (const line of lines) {
			const [, , remote = "", state, , , , , , inode = ""] = line.trim().split(/\s+/);
			if (state === established && sockets.has(inode)) ports.add(Number.parseInt(remote.split(":")[1] ?? "", 16));
		}
	}
	return ports;
}
