import type { Parts } from "../parts.ts";
import type { KeyPath } from "../problem.ts";
import type { SourceConfig } from "../schema.ts";
import { valueAt } from "../schema-walk.ts";
import type { Finding } from "../translate-issues.ts";

type Group = NonNullable<SourceConfig["group"]>;

/** What is to be collected can be told apart, and can become complete. */
export function checkGrouping(parts: Parts): Finding[] {
	const ofSources = [...parts.sources].flatMap(([name, source]) =>
		sourceFindings(["sources", name], source, valueAt(parts.value, ["sources", name, "group"]) !== undefined),
	);
	const ofStages = [...parts.pipelines].flatMap(([name, { stages }]) =>
		(stages ?? []).flatMap(({ group }, at) =>
			group ? groupFindings(["pipelines", name, "stages", at, "group"], group) : [],
		),
	);
	return [...ofSources, ...ofStages];
}

function sourceFindings(
	path: KeyPath,
	{ acquisition, group, folders }: Partial<SourceConfig>,
	groupGiven: boolean,
): Finding[] {
	const findings: Finding[] = [];
	if (acquisition === "group" && !groupGiven) {
		findings.push({
			path: [...path, "acquisition"],
			part: "value",
			message: "acquisition: group needs the key group, which says what belongs together",
			fix: "Add for example group: { by: '^(?<sample>.+)_(?<member>R1|R2)', members: [R1, R2], time: 2d }",
		});
	}
	if (acquisition !== undefined && acquisition !== "group" && group !== undefined) {
		findings.push({
			path: [...path, "group"],
			part: "key",
			message: `group is for acquisition: group, and this source has acquisition: ${acquisition}`,
			fix: "Write acquisition: group, or remove group.",
		});
	}
	if (acquisition !== undefined && acquisition !== "folder" && folders !== undefined && folders.join() !== "*") {
		findings.push({
			path: [...path, "folders"],
			part: "key",
			message: `folders is for acquisition: folder, and this source has acquisition: ${acquisition}`,
			fix: "Write acquisition: folder, or remove folders.",
		});
	}
	return group === undefined ? findings : [...findings, ...groupFindings([...path, "group"], group)];
}

function groupFindings(path: KeyPath, { by, count, members, incomplete }: Group): Finding[] {
	const captures = [...by.matchAll(/\(\?<([A-Za-z_$][\w$]*)>/g)].map(([, name]) => name);
	const findings: Finding[] = [];
	if (!captures.some((name) => name !== "member")) {
		findings.push({
			path: [...path, "by"],
			part: "value",
			message: "nothing in this expression says which files belong together: it names no capture",
			fix: "Name the part that members have in common: (?<sample>...)",
		});
	}
	if (members !== undefined && !captures.includes("member")) {
		findings.push({
			path: [...path, "by"],
			part: "value",
			message: `members ${members.join(", ")} are asked for, but nothing in this expression is named member`,
			fix: `Name the part that tells them apart: (?<member>${members.join("|")})`,
		});
	}
	if (members !== undefined && count !== undefined) {
		findings.push({
			path: [...path, "count"],
			part: "key",
			message: "count and members both say when the group is complete",
			fix: "Keep one of them.",
		});
	}
	if (members === undefined && count === undefined && incomplete === "reject") {
		findings.push({
			path,
			part: "key",
			message: "this group never becomes complete: neither count nor members says when it is",
			fix: "Add count: N or members: [A, B], or incomplete: analyse to take what has come when the time is over.",
		});
	}
	return findings;
}
