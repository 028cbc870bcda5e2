import { concentrations, densities } from "./dnase.ts";

/** The last line of a complete export: the demo's configuration waits for it. */
const footer = "# end of export";

/** What the reader writes where a well is too dark to be measured. */
const overflow = "OVRFLW";

/**
 * Run 1 to 11 of the data set as a plate reader exports it, in the pieces in which it writes: header, then a few wells
 * at a time, then the footer.
 */
export function plateExport(run: number, options: { readonly overflowFrom?: number } = {}): string[] {
	const wells = (densities[run - 1] ?? []).map((density, i) => {
		const row = "ABCDEFGH"[Math.floor(i / 2)];
		const shown = i >= (options.overflowFrom ?? Number.POSITIVE_INFINITY) ? overflow : density;
		return `${row}${(i % 2) + 1},${concentrations[Math.floor(i / 2)]},${shown}`;
	});
	const header = ["# Plate reader export", `# Assay: DNase ELISA, run ${run}`, "# Wavelength: 405 nm", "Well,Conc,OD"];
	const pieces = [header, wells.slice(0, 6), wells.slice(6, 12), wells.slice(12), [footer]];
	return pieces.map((lines) => `${lines.join("\n")}\n`);
}
