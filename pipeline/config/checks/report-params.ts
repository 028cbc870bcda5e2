import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseDocument } from "yaml";
import { didYouMean } from "../did-you-mean.ts";
import type { Parts } from "../parts.ts";
import type { Finding } from "../translate-issues.ts";

/** Parameters that a report does not declare: it would refuse them before each run. What they must be like R itself says. */
export function checkReportParams({ base, pipelines }: Parts): Finding[] {
	return [...pipelines].flatMap(([name, { analysis, params = {} }]) => {
		const file = typeof analysis === "string" ? analysis : analysis?.file;
		const declared = file === undefined ? undefined : declaredIn(resolve(base, file));
		if (declared === undefined) return [];
		const unknown = Object.keys(params).filter((param) => !declared.includes(param));
		return unknown.map((param): Finding => {
			const meant = didYouMean(param, declared);
			const known = declared.length === 0 ? "it declares none in its header" : `it declares ${declared.join(", ")}`;
			return {
				path: ["pipelines", name, "params", param],
				part: "key",
				message: `the report ${file} knows no parameter ${param}: ${known}`,
				fix:
					meant === undefined
						? "Declare it under `params` in the report's header, or leave it out."
						: `Did you mean ${meant}?`,
			};
		});
	});
}

/** Undefined for what is no report, cannot be read, or has a header that only R understands. */
function declaredIn(file: string): readonly string[] | undefined {
	if (!/\.(?:Rmd|rmd|qmd)$/.test(file)) return undefined;
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
	const header = /^\s*---[ \t]*\r?\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/s.exec(text)?.[1];
	const document = parseDocument(header ?? "", { logLevel: "silent" });
	if (document.errors.length > 0) return undefined;
	const params: unknown = (document.toJS() as { params?: unknown } | null)?.params ?? {};
	return typeof params === "object" && params !== null ? Object.keys(params) : undefined;
}
