import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { executable } from "../packages.ts";

type Say = (line: string) => void;

/**
 * A Debian of another release below a directory, whose programs run beside those of this machine: on its network, with
 * its processes, over the same temporary files, and with directories that they only read. Only root on Debian can have
 * it. What is mounted is unmounted at the end of this process, however it ends.
 */
export class DebianRoot {
	readonly #release: string;
	readonly #path: string;
	readonly #read: readonly string[];
	readonly #mounted: string[] = [];

	/** `read`: directories of this machine that its programs read, under the same paths. */
	constructor(release: string, cache: string, read: readonly string[]) {
		this.#release = release;
		this.#path = join(cache, release);
		this.#read = read;
	}

	/** Why it cannot be had here; undefined: it is there, with the packages installed. */
	provide(packages: readonly string[], say: Say): string | undefined {
		if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return "only root on Debian can have it";
		if (!existsSync(this.#path)) {
			const trouble = this.#bootstrap(say);
			if (trouble !== undefined) return trouble;
		}
		this.#mount();
		if (this.#in("dpkg", "-s", ...packages).status === 0) return undefined;
		const names = packages.join(" ");
		say(`installing ${names} of ${this.#release} ...`);
		// Nothing is to be started there by its installation.
		writeFileSync(join(this.#path, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
		this.#in("apt-get", "-q", "-y", "update");
		const { status, stderr } = this.#in("apt-get", "-q", "-y", "install", "--no-install-recommends", ...packages);
		return status === 0 ? undefined : `apt-get could not install ${names} of ${this.#release}: ${lastLine(stderr)}`;
	}

	/** A directory with programs that run those of the release; `directory` is a glob in it, of which the last match counts. */
	programs(directory: string, names: readonly string[], into: string): string {
		const inside = globSync(`.${directory}`, { cwd: this.#path }).toSorted().at(-1) ?? `.${directory}`;
		mkdirSync(into, { recursive: true });
		for (const name of names) {
			const program = join("/", inside, name);
			// Where it is called from, if that is there too, and with whatever PATH. Who may not change its root, because it is not root, may in a
			// name space of its own, as the same user.
			writeFileSync(
				join(into, name),
				`#!/bin/sh
[ -d "${this.#path}$PWD" ] || cd /
set -- "--root=${this.#path}" "--wd=$PWD" ${program} "$@"
[ "$(/usr/bin/id -u)" = 0 ] || set -- --user --map-current-user --keep-caps "$@"
exec /usr/bin/unshare "$@"
`,
			);
			chmodSync(join(into, name), 0o755);
		}
		return into;
	}

	/** A user of this machine is one there as well, by number. */
	knows(user: string): void {
		const [, , uid, gid] = passwd("/etc/passwd", (fields) => fields[0] === user) ?? [];
		const file = join(this.#path, "etc/passwd");
		if (uid === undefined || passwd(file, (fields) => fields[2] === uid) !== undefined) return;
		writeFileSync(file, `${readFileSync(file, "utf8")}machine-${user}:x:${uid}:${gid}::/:/bin/sh\n`);
	}

	end(): void {
		for (const place of this.#mounted.splice(0).reverse()) spawnSync("umount", ["--lazy", place]);
	}

	#bootstrap(say: Say): string | undefined {
		const command = executable("debootstrap", process.env);
		if (command === undefined) return "debootstrap is missing; get it by apt-get install debootstrap";
		say(`fetching Debian ${this.#release} (about 400 MB) ...`);
		mkdirSync(dirname(this.#path), { recursive: true });
		const half = `${this.#path}.half`;
		rmSync(half, { recursive: true, force: true });
		const { status, stdout } = run(command, ["--variant=minbase", this.#release, half, mirror()]);
		if (status !== 0) {
			rmSync(half, { recursive: true, force: true });
			return `debootstrap could not fetch ${this.#release}: ${lastLine(stdout)}`;
		}
		renameSync(half, this.#path);
		return undefined;
	}

	#mount(): void {
		process.once("exit", () => this.end());
		for (const place of ["/proc", "/dev", tmpdir()]) this.#bind(place, "bind");
		// What lies among the temporary files is there already.
		for (const place of this.#read) if (!place.startsWith(tmpdir() + sep)) this.#bind(place, "bind,ro");
	}

	#bind(place: string, options: string): void {
		const there = join(this.#path, place);
		mkdirSync(there, { recursive: true });
		if (run("mountpoint", ["-q", there]).status === 0) return;
		if (run("mount", ["-o", options, place, there]).status === 0) this.#mounted.push(there);
	}

	#in(...command: readonly string[]) {
		return run("chroot", [this.#path, ...command]);
	}
}

function run(command: string, args: readonly string[]) {
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
	return spawnSync(command, args, { env, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", maxBuffer: 2 ** 28 });
}

/** Where this machine's own packages come from. */
function mirror(): string {
	const sources = globSync(["/etc/apt/sources.list", "/etc/apt/sources.list.d/*"]).map((file) =>
		readFileSync(file, "utf8"),
	);
	return /https?:\/\/\S+\/debian\/?(?=\s)/.exec(sources.join("\n"))?.[0] ?? "http://deb.debian.org/debian";
}

function passwd(file: string, isIt: (fields: readonly string[]) => boolean): readonly string[] | undefined {
	const lines = readFileSync(file, "utf8").split("\n");
	return lines.map((line) => line.split(":")).find(isIt);
}

function lastLine(text: string): string {
	return text.trim().split("\n").at(-1) ?? "";
}
