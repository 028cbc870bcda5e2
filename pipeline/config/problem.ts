import { WatchRabbitError } from "#core/errors.ts";
import { coverSecrets } from "#core/secrets.ts";

/** A stretch of one line of a configuration file; line and column count from 1. */
export interface Place {
	readonly line: number;
	readonly column: number;
	readonly length: number;
	/** The whole line. */
	readonly text: string;
}

/** Where a value of the configuration comes from. */
export type Origin =
	| { readonly kind: "default" }
	/** `place` is unknown for a configuration in TypeScript. */
	| { readonly kind: "file"; readonly file: string; readonly place: Place | undefined }
	| { readonly kind: "environment"; readonly variable: string; readonly value: string };

export type KeyPath = readonly (string | number)[];

/** One thing that is wrong: what, where, and what to write instead. */
export interface Problem {
	readonly path: KeyPath;
	readonly origin: Origin;
	readonly message: string;
	readonly fix: string;
}

/** CONFIG_INVALID: carries all that is wrong, in the order of the file; its message shows all of it. */
export class ConfigInvalidError extends WatchRabbitError {
	readonly problems: readonly Problem[];

	constructor(file: string, problems: readonly Problem[]) {
		const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
		super("permanent", "CONFIG_INVALID", `${file}: ${count}\n\n${problems.map(renderProblem).join("\n\n")}`, {
			fix: "Correct what is shown, then look again with: watchrabbit config check",
		});
		this.name = "ConfigInvalidError";
		this.problems = problems.map((problem) => ({ ...problem, message: coverSecrets(problem.message) }));
	}
}

/** `file:line:column`, as editors and terminals make it a link; or the name of the variable. */
export function renderOrigin(origin: Origin): string {
	if (origin.kind === "default") return "default";
	if (origin.kind === "environment") return `environment variable ${origin.variable}`;
	if (origin.place === undefined) return origin.file;
	return `${origin.file}:${origin.place.line}:${origin.place.column}`;
}

function renderProblem(problem: Problem): string {
	const lines = [`${renderOrigin(problem.origin)}: ${problem.message}`, ...excerpt(problem.origin), `  ${problem.fix}`];
	return coverSecrets(lines.join("\n"));
}

function excerpt(origin: Origin): string[] {
	if (origin.kind === "environment") return [`  | ${origin.variable}=${origin.value}`];
	if (origin.kind !== "file" || origin.place === undefined) return [];
	const { line, column, length, text } = origin.place;
	const margin = String(line);
	const under = text.slice(0, column - 1).replace(/[^\t]/g, " ");
	return [`  ${margin} | ${text}`, `  ${" ".repeat(margin.length)} | ${under}${"^".repeat(Math.max(1, length))}`];
}

/** `sources.plates.stages[0].by` */
export function renderPath(path: KeyPath): string {
	let shown = "";
	for (const part of path) {
		if (typeof part === "number") shown += `[${part}]`;
		else shown += shown === "" ? part : `.${part}`;
	}
	return shown;
}

export function byPlace(a: Problem, b: Problem): number {
	return rank(a.origin) - rank(b.origin);
}

function rank(origin: Origin): number {
	if (origin.kind === "file" && origin.place) return origin.place.line * 10_000 + origin.place.column;
	return origin.kind === "environment" ? Number.MAX_SAFE_INTEGER : 0;
}
