import { relative, resolve, sep } from "node:path";
import { matchRule } from "#domain/watch-rules.ts";
import type { Parts } from "../parts.ts";
import { sourceSchema } from "../schema.ts";
import { sourceSettings } from "../to-settings.ts";
import type { Finding } from "../translate-issues.ts";
import { truePath } from "./places.ts";

/** No file is watched twice, and what we write is never watched. Links are followed: two names may be one place. */
export function checkTrees(parts: Parts): Finding[] {
	const roots = [...parts.sources].flatMap(([name, { watch }]) =>
		watch === undefined ? [] : [{ name, root: truePath(resolve(parts.base, watch)) }],
	);
	return [
		...overlaps(roots),
		...(parts.data === undefined ? [] : dataOverlaps(parts, roots, truePath(resolve(parts.base, parts.data)))),
	];
}

interface Root {
	readonly name: string;
	readonly root: string;
}

function overlaps(roots: readonly Root[]): Finding[] {
	return roots.flatMap(({ name, root }, at) =>
		roots.slice(0, at).flatMap((other): Finding[] => {
			const finding = { path: ["sources", name, "watch"], part: "value" } as const;
			if (root === other.root) {
				const fix = `Keep one source, and let several pipelines say from: ${other.name}`;
				return [{ ...finding, message: `${root} is watched by the source "${other.name}" already`, fix }];
			}
			const [outer, inner] = contains(other.root, root) ? [other, { name, root }] : [{ name, root }, other];
			if (!contains(outer.root, inner.root)) return [];
			const message = `${inner.root} lies inside ${outer.root}: the sources "${outer.name}" and "${inner.name}" would both take its files`;
			return [{ ...finding, message, fix: "Let each source watch a directory of its own, or make them one source." }];
		}),
	);
}

function dataOverlaps(parts: Parts, roots: readonly Root[], data: string): Finding[] {
	return roots.flatMap(({ name, root }): Finding[] => {
		const path = ["sources", name, "watch"];
		if (root === data || contains(data, root)) {
			const message = `${root} lies inside our own data directory ${data}`;
			return [{ path, part: "value", message, fix: "Watch a directory outside of it, or give data another place." }];
		}
		if (!contains(root, data) || leavesAlone(parts, name, slashed(relative(root, data)))) return [];
		const message = `our own data directory ${data} lies inside the watched ${root}: we would take our results for new files`;
		return [
			{
				path,
				part: "value",
				message,
				fix: `Add exclude: ["${slashed(relative(root, data))}/**"], or give data a place outside.`,
			},
		];
	});
}

/** Whether the source takes nothing below a directory: asked with what could lie there, whatever its include is now. */
function leavesAlone(parts: Parts, name: string, directory: string): boolean {
	const config = { ...sourceSchema.parse({ watch: "." }), ...parts.sources.get(name), acquisition: "file" as const };
	const settings = sourceSettings(name, config, parts.base);
	const everything = { ...settings, include: ["**/*"] };
	return ["x", "x.csv", "x/y.csv", "x/y/manifest.json"].every((below) => {
		const path = `${directory}/${below}`;
		return !matchRule(settings, path).include && !matchRule(everything, path).include;
	});
}

function contains(outer: string, inner: string): boolean {
	return inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

function slashed(path: string): string {
	return path.split(sep).join("/");
}
