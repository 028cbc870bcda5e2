import { fileURLToPath } from "node:url";
import { readProject, type SourceFile } from "./import-graph.ts";
import { besideTheProduct, type Room, roomsOfTheHouse } from "./import-rules.ts";

/** Every import that no rule allows, in words, with the reason of the rule. */
export function forbiddenImports(files: Iterable<SourceFile>, rooms: readonly Room[] = roomsOfTheHouse): string[] {
	const problems: string[] = [];
	for (const { path, imports } of files) {
		const room = roomOf(path, rooms);
		if (room === undefined) {
			problems.push(`${path} is in no room: give its folder a rule in deploy/dev/import-rules.ts`);
			continue;
		}
		for (const { specifier, target, typesOnly } of imports) {
			const say = (what: string) =>
				problems.push(`${path} imports ${specifier}: ${room.name} must not import ${what}, because ${room.because}`);
			if (target.kind === "package" && room.packages !== "every package" && !room.packages.includes(target.name)) {
				say(target.name);
			}
			if (target.kind !== "file") continue;
			const other = roomOf(target.name, rooms);
			if (other === undefined) problems.push(`${path} imports ${specifier}, which is in no room`);
			else if (!isAllowed(room, other, typesOnly)) say(other.name);
		}
	}
	return problems;
}

function isAllowed(room: Room, other: Room, typesOnly: boolean): boolean {
	if (room === other || room.rooms.includes(other.name)) return true;
	if (room.rooms.includes("*") && !besideTheProduct.includes(other.name)) return true;
	return typesOnly && room.rooms.includes(`types of ${other.name}`);
}

function roomOf(path: string, rooms: readonly Room[]): Room | undefined {
	const fitting = rooms.filter(({ at }) => path === at || path.startsWith(`${at}/`));
	return fitting.toSorted((a, b) => b.at.length - a.at.length)[0];
}

/** Files that import one another in a circle; imports of types alone are no circle, they are gone when it runs. */
export function importCycles(files: ReadonlyMap<string, SourceFile>): string[] {
	const cycles: string[] = [];
	const done = new Set<string>();
	const visit = (path: string, trail: readonly string[]): void => {
		const start = trail.indexOf(path);
		if (start >= 0) {
			cycles.push(`${[...trail.slice(start), path].join(" -> ")}: move what both need into a file of its own`);
			return;
		}
		if (done.has(path)) return;
		for (const { target, typesOnly } of files.get(path)?.imports ?? []) {
			if (target.kind === "file" && !typesOnly) visit(target.name, [...trail, path]);
		}
		done.add(path);
	};
	for (const path of files.keys()) visit(path, []);
	return cycles;
}

/** Files that nobody imports and values that nobody else uses: dead code. `entries` are started by somebody outside. */
export function unusedCode(files: ReadonlyMap<string, SourceFile>, entries: (path: string) => boolean): string[] {
	const used = new Map<string, Set<string>>();
	for (const { imports } of files.values()) {
		for (const { target, names } of imports) {
			const of = used.get(target.name) ?? new Set();
			for (const name of names) of.add(name);
			used.set(target.name, of);
		}
	}
	return [...files.values()]
		.filter(({ path }) => !entries(path))
		.flatMap(({ path, exports }) => {
			const names = used.get(path);
			if (names === undefined) return [`${path}: nobody imports it`];
			if (names.has("*")) return [];
			return exports.filter((name) => !names.has(name)).map((name) => `${path}: nobody uses its ${name}`);
		});
}

/** Tests and benches are found by their runners, scenarios are started by tests, tools and the program by npm. */
export function isEntry(path: string): boolean {
	return (
		/^(test\/.*\.(test|scenario)|bench\/(micro|scenarios)\/.*|bench\/(run|one)|deploy\/dev\/(test|chaos|build|check-imports|dashboards|alerts)|[^/]*\.config)\.ts$/.test(
			path,
		) || /^pipeline\/app\/(main|bin)\.ts$/.test(path)
	);
}

if (import.meta.main) {
	const files = readProject(fileURLToPath(new URL("../..", import.meta.url)));
	const problems = [...forbiddenImports(files.values()), ...importCycles(files), ...unusedCode(files, isEntry)];
	for (const problem of problems) console.error(problem);
	process.exitCode = problems.length === 0 ? 0 : 1;
}
