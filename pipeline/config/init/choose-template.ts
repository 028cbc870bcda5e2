import { copyFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { permanent } from "#core/errors.ts";
import type { Choice } from "./choose-shape.ts";
import { headOf, type Survey, type SurveyedFile } from "./survey.ts";

/** Where the templates lie, in the sources as in what is published: R beside the code that runs it. */
const directory = new URL("../../../r-workers/templates/", import.meta.url);

/** What is written where no other fits. */
const general = "analysis.R";

interface Recognised {
	readonly file: string;
	/** As in "5 of 6 files are ...". */
	readonly what: string;
	/** `head`: the first lines of a file that may be such a one; with what its template needs, or it would stop at each file. */
	readonly fits: (head: string, name: string) => boolean;
}

const cellsOf = (line: string) => line.split(/[,;\t]/).map((cell) => cell.trim().replaceAll('"', ""));
const isWell = (cell: string) => /^[A-P]\d{1,2}$/.test(cell);
const isNumberOrGap = (cell: string) => /^(-?[\d.]+(e[+-]?\d+)?)?$/i.test(cell);

/** A line that counts columns or names wells, a well a line, or a block of as many lines as a plate has rows. */
function showsPlate(head: string): boolean {
	const lines = head.split("\n").map(cellsOf);
	const counts = (cells: readonly string[]) => {
		const first = cells.findIndex((cell) => Number(cell) === 1);
		return first >= 0 && [2, 3, 4, 12].every((column) => Number(cells[first + column - 1]) === column);
	};
	const hasNumbers = (cells: readonly string[]) => cells.filter((cell) => /^-?\d/.test(cell)).length >= 3;
	const isHead = (cells: readonly string[]) => counts(cells) || cells.filter(isWell).length >= 24;
	if (lines.some((cells, i) => isHead(cells) && lines.slice(i + 1, i + 9).some(hasNumbers))) return true;
	const wells = lines.filter((cells) => cells.length <= 4 && cells.some(isWell) && /\d$/.test(cells.at(-1) ?? ""));
	if (wells.length >= 24 && wells.length > 0.8 * lines.length) return true;
	const rows = lines.map((cells) => (cells.length >= 12 && cells.every(isNumberOrGap) ? "#" : " ")).join("");
	return rows.split(/ +/).some((block) => [8, 16, 32].includes(block.length));
}

/** In this order: a file that shows a plate may be more than that. */
const recognised: readonly Recognised[] = [
	{ file: "fcs-channels.R", what: "FCS", fits: (head) => /^FCS(2\.0|3\.[01])/.test(head) },
	{
		file: "mzml-summary.R",
		what: "mzML",
		fits: (head, name) => /<mzML\b/.test(head) || /\.mzML\.gz$/i.test(name),
	},
	{
		file: "elisa-4pl.R",
		what: "exports of a plate reader with a group of standards",
		fits: (head) => /^Group: *st(andar)?d[^\n]*\n[^\n]*BackCalc/im.test(head),
	},
	{
		file: "qpcr-standard-curve.R",
		what: "qPCR exports with standards and their quantities",
		fits: (head) => /^Well\b.*\b(CT|Cq|Cp)\b.*Quantity/im.test(head) && /[,;\t](STANDARD|Std(-\d+)?)[,;\t]/.test(head),
	},
	{
		file: "dose-response-ic50.R",
		what: "responses at doses",
		fits: (head) =>
			/^[^\n]*\b(conc|dose)[^\n]*[,;\t]"?(response|viability|inhibition)/i.test(head) ||
			(/\tConc\/Dil/.test(head) && /\t(?!STD|SPL|BLK|CTL)\w+:\d+\t/.test(head)),
	},
	{
		file: "system-suitability-qc.R",
		what: "tables of retention times by precursor",
		fits: (head) => {
			const columns = cellsOf(head.split("\n")[0] ?? "");
			const named = (expression: RegExp) => columns.some((column) => expression.test(column));
			return named(/retention.?time|^rt$/i) && named(/^(precursor|peptide|analyte|compound|level)/i);
		},
	},
	{
		file: "plate-heat-map.R",
		what: "plates of wells",
		fits: showsPlate,
	},
];

/** So many of the files are looked into, and at least this share of them has to fit. */
const mostLookedInto = 40;
const smallestShare = 0.5;

export interface TemplateChoice extends Choice<string> {
	/** A file that it reads; undefined if it is chosen without one. */
	readonly example: SurveyedFile | undefined;
}

/** The first template that reads half of the files; the general one if none does. */
export function chooseTemplate({ root }: Survey, data: readonly SurveyedFile[]): TemplateChoice {
	const every = Math.max(1, Math.ceil(data.length / mostLookedInto));
	const looked = data.filter((_, i) => i % every === 0).map((file) => ({ file, head: headOf(root, file) }));
	const fitting = recognised.map((template) => ({
		...template,
		files: looked.filter(({ file, head }) => template.fits(head, file.name)).map(({ file }) => file),
	}));
	const best = fitting.find(({ files }) => files.length > 0 && files.length >= smallestShare * looked.length);
	if (best === undefined)
		return {
			value: general,
			why: ["no template fits what is here: an example of how results are handed over"],
			example: undefined,
		};
	const count = `${best.files.length} of ${looked.length} ${looked.length < data.length ? "files looked into" : "files"}`;
	return {
		value: best.file,
		why: [`${count} are ${best.what}: a template that reads them, to be made your own`],
		example: best.files[0],
	};
}

/** @throws WatchRabbitError USAGE_INIT_TEMPLATE */
export function namedTemplate(name: string): Choice<string> {
	const file = templateFiles().find((candidate) => candidate.replace(/\.\w+$/, "") === name || candidate === name);
	if (file !== undefined) return { value: file, why: ["the template that was asked for, to be made your own"] };
	const known = templateFiles().map((candidate) => candidate.replace(/\.\w+$/, ""));
	throw permanent("USAGE_INIT_TEMPLATE", `there is no template ${name}`, { fix: `Take one of ${known.join(", ")}.` });
}

export function templateFiles(): string[] {
	return readdirSync(directory).sort();
}

export function writeTemplate(file: string, to: string): void {
	copyFileSync(fileURLToPath(new URL(file, directory)), to);
}
