import type { Parts } from "../parts.ts";
import type { KeyPath } from "../problem.ts";
import type { Finding } from "../translate-issues.ts";
import { suggestion } from "./names.ts";

/** What a project is made of is there, and so are the projects that a login gives. */
export function checkProjects({ projects, grants, sources, pipelines }: Parts): Finding[] {
	const known = { source: [...sources.keys()], pipeline: [...pipelines.keys()], project: [...projects.keys()] };
	const unknown = (path: KeyPath, kind: keyof typeof known, names: readonly string[] = []) =>
		names.flatMap((name, at): Finding[] => {
			if (known[kind].includes(name)) return [];
			const message = `there is no ${kind} "${name}"`;
			return [{ path: [...path, at], part: "value", message, fix: suggestion(name, known[kind], `${kind}s`) }];
		});
	return [
		...[...projects].flatMap(([name, project]) => [
			...unknown(["projects", name, "sources"], "source", project.sources),
			...unknown(["projects", name, "pipelines"], "pipeline", project.pipelines),
		]),
		...grants.flatMap(({ projects }, at) => unknown(["access", "oidc", "grants", at, "projects"], "project", projects)),
	];
}
