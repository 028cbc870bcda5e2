import type { Choice } from "./choose-shape.ts";
import type { Proposal } from "./propose.ts";

/** Where things are, as the file that is written will say it: relative to that file. */
export interface Paths {
	readonly watch: string;
	readonly analysis: string;
	readonly schema: string;
}

/** The commented watchrabbit.yaml: each setting below the reasons for it. */
export function renderConfig(proposal: Proposal, paths: Paths): string {
	const lines = [
		`# yaml-language-server: $schema=${paths.schema}`,
		"#",
		`# Written by: watchrabbit init. What was seen in ${paths.watch}:`,
		...proposal.seen.map((line) => `#   ${line}`),
		"#",
		"# Every setting is explained by: watchrabbit config explain",
		"# Paths are relative to this file. After a change: watchrabbit config check",
		"",
		"sources:",
		`  ${text(proposal.source)}:`,
		...indented(4, sourceLines(proposal, paths)),
		"",
		"pipelines:",
		`  ${text(proposal.pipeline)}:`,
		...indented(4, pipelineLines(proposal, paths)),
		"",
		"pools:",
		"  default:",
		...indented(4, setting("workers", proposal.workers)),
		...indented(4, [
			"# preload: [ggplot2]           # packages that every analysis loads: loaded once instead",
			"# memory: 2GB                  # an analysis that takes more is ended",
		]),
		"",
	];
	return lines.join("\n");
}

function sourceLines(proposal: Proposal, { watch }: Paths): string[] {
	const { shape, include, exclude, existing } = proposal;
	return [
		`watch: ${text(watch)}`,
		...setting("include", include),
		...setting("exclude", exclude),
		...setting("acquisition", { value: shape.acquisition, why: shape.why }),
		...(shape.acquisition === "folder" ? setting("folders", shape.folders) : []),
		...(shape.acquisition === "group" ? groupLines(shape.group.by, shape.group.members) : []),
		"# complete when all of this holds",
		"complete:",
		...indented(2, completeLines(proposal)),
		...setting("existing", existing),
	];
}

function groupLines(by: string, members: readonly string[]): string[] {
	return [
		"group:",
		`  by: ${text(by)}`,
		`  members: ${value(members)}`,
		"  # how long to wait for the last of them; then the group is rejected, and said to be incomplete",
		"  time: 1d",
	];
}

function completeLines({ quiet, marker, rename, footer, footerHint, probe }: Proposal): string[] {
	return [
		...setting("quiet", quiet),
		...setting("marker", marker),
		...setting("rename", rename),
		...setting("footer", footer),
		...(footerHint === undefined ? [] : [`# ${footerHint}`]),
		...setting("probe", probe),
	];
}

function pipelineLines({ source, series, analysis: { why } }: Proposal, { analysis }: Paths): string[] {
	return [
		`from: ${text(source)}`,
		...(series === undefined
			? []
			: [
					`# the names count (${series.example.slice(0, 3).join(", ")}): to analyse such files together, ${series.groups} groups of`,
					`# ${series.members.length}, remove the # from the next lines`,
					"# stages:",
					`#   - group: { by: ${text(series.by)}, members: ${value(series.members)}, time: 1d }`,
				]),
		...setting("analysis", { value: analysis, why }),
		"# params: { model: 4PL }         # handed to the analysis as they are",
		"# timeout: 10m                   # an analysis that runs longer is ended",
	];
}

function setting(key: string, choice: Choice<number | string | readonly string[]> | undefined): string[] {
	if (choice === undefined) return [];
	return [...choice.why.flatMap((why) => wrapped(why).map((line) => `# ${line}`)), `${key}: ${value(choice.value)}`];
}

function value(given: number | string | readonly string[]): string {
	if (typeof given === "number") return String(given);
	return typeof given === "string" ? text(given) : `[${given.map(text).join(", ")}]`;
}

/** Plain where YAML reads it as the same text, else in single quotes. */
function text(given: string): string {
	const plain = /^[A-Za-z./][\w./-]*$/.test(given) || /^[0-9]+[a-z]+$/.test(given);
	const ambiguous = /^(true|false|null|yes|no|on|off|\.inf|\.nan|[0-9]+e[0-9]+)$/i.test(given);
	return plain && !ambiguous ? given : `'${given.replaceAll("'", "''")}'`;
}

function indented(by: number, lines: readonly string[]): string[] {
	return lines.map((line) => " ".repeat(by) + line);
}

function wrapped(sentence: string, width = 100): string[] {
	const lines: string[] = [];
	for (const word of sentence.replaceAll(/\s+/g, " ").split(" ")) {
		const last = lines.at(-1);
		if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
		else lines.push(word);
	}
	return lines;
}
