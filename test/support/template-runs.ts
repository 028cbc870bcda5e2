import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import type { Measurement } from "#domain/result.ts";
import { RBench } from "#test/support/r-bench.ts";
import { requireR } from "#test/support/services.ts";

/** A row of a CSV file that R wrote, by its column names; no field of these has a line end. */
export type Row = Readonly<Record<string, string>>;

export interface TemplateRun {
	/** Names of the files that came out, in order. */
	readonly files: readonly string[];
	readonly warnings: readonly string[];
	measured(name: string): number;
	table(file: string): readonly Row[];
}

export function templateFile(name: string): string {
	return fileURLToPath(new URL(`../../r-workers/templates/${name}`, import.meta.url));
}

/** Runs templates as a person does by hand and as the product does, and holds the two against one another. */
export class TemplateRuns {
	readonly #bench = new RBench();
	readonly #pool: AnalysisPool = this.#bench.pool({ engine: "fork", rscript: requireR() });
	readonly #spare: AnalysisPool = this.#bench.pool({ engine: "spare", rscript: requireR() });
	readonly #wasm: AnalysisPool = this.#bench.pool({ engine: "wasm" });
	#serial = 0;

	/** Files, bytes and measurements are the same both ways. */
	async both(template: string, ...inputs: readonly string[]): Promise<TemplateRun> {
		return await this.#both(this.#pool, template, inputs);
	}

	/** `both`, over the other engine that runs the same R. */
	async bothOverSpare(template: string, ...inputs: readonly string[]): Promise<TemplateRun> {
		return await this.#both(this.#spare, template, inputs);
	}

	/**
	 * webR is a build of its own, of which there is no Rscript: other mathematical functions, other fonts. The same files
	 * come out, and the same measurements to the relative difference that is given.
	 */
	async overWasm(template: string, relative: number, ...inputs: readonly string[]): Promise<void> {
		const { files, measured } = this.#byHand(template, inputs);
		const record = await this.#wasm.run(this.#request(template, inputs, {}));
		expect(record.cause).toBeUndefined();
		expect(record.artifacts.map(({ name }) => name).sort()).toEqual(files);
		// By the program sha1sum, and webR starts none.
		const byR = ({ name }: { readonly name?: string }) => !name?.endsWith("SHA-1 agrees");
		this.#compare(record.measurements.filter(byR), measured.filter(byR), relative);
	}

	async #both(pool: AnalysisPool, template: string, inputs: readonly string[]): Promise<TemplateRun> {
		const { directory, files, measured } = this.#byHand(template, inputs);
		const record = await pool.run(this.#request(template, inputs, {}));
		expect(record.cause).toBeUndefined();
		expect(record.artifacts.map(({ name }) => name).sort()).toEqual(files);
		for (const { name, file } of record.artifacts) {
			const same = readFileSync(file).equals(readFileSync(join(directory, name)));
			expect(same, `${name} is the same both ways`).toBe(true);
		}
		this.#compare(record.measurements, measured, 1e-14); // of 15 digits, as write.csv writes them
		return {
			files,
			warnings: record.warnings,
			measured: (name) => Number(measured.find((row) => row.name === name)?.value),
			table: (file) => rowsOf(readFileSync(join(directory, file), "utf8")),
		};
	}

	/** By plain Rscript, which knows nothing of WatchRabbit: what it measures is in the file that each template writes. */
	#byHand(template: string, inputs: readonly string[]) {
		const directory = this.#directory();
		execFileSync(requireR(), [templateFile(template), ...inputs, directory], { env: byHand, stdio: "pipe" });
		const measured = rowsOf(readFileSync(join(directory, "measurements.csv"), "utf8"));
		return { directory, files: readdirSync(directory).sort(), measured };
	}

	#compare(measurements: readonly Measurement[], written: readonly Row[], relative: number): void {
		const labels = (rows: readonly { readonly name?: string; readonly unit?: string }[]) =>
			rows.map(({ name, unit }) => ({ name, unit }));
		expect(labels(measurements)).toEqual(labels(written));
		for (const [i, { name, value }] of measurements.entries()) {
			const inFile = Number(written[i]?.value); // NaN for NA
			if (typeof value !== "number") expect(inFile, name).toBeNaN();
			else expect(Math.abs(value - inFile), name).toBeLessThanOrEqual(relative * Math.abs(value));
		}
	}

	/** Of a run by the product, with parameters: what it measured. */
	async measured(template: string, params: Readonly<Record<string, unknown>>, ...inputs: readonly string[]) {
		const { cause, measurements } = await this.#pool.run(this.#request(template, inputs, params));
		expect(cause).toBeUndefined();
		return new Map(measurements.map(({ name, value }) => [name, value]));
	}

	/** What it stops with: the same message both ways. */
	async refusal(template: string, ...inputs: readonly string[]): Promise<string> {
		const options = { env: byHand, encoding: "utf8" } as const;
		const { status, stderr } = spawnSync(requireR(), [templateFile(template), ...inputs, this.#directory()], options);
		expect(status, stderr).toBe(1);
		const { cause } = await this.#pool.run(this.#request(template, inputs, {}));
		expect(stderr.replaceAll(/\s+/g, " ")).toContain(`Error: ${cause?.message.replaceAll(/\s+/g, " ")}`);
		return cause?.message ?? "";
	}

	/** What the functions of a template print in R, which sees them as in RStudio after source(). */
	printed(template: string, expressions: string): string {
		const code = `source(${JSON.stringify(templateFile(template))}); ${expressions}`;
		return execFileSync(requireR(), ["-e", code], { env: byHand, encoding: "utf8" });
	}

	file(name: string, content: string | Uint8Array): string {
		return this.#bench.file(name, content);
	}

	async clean(): Promise<void> {
		await this.#bench.clean();
	}

	#request(template: string, inputs: readonly string[], params: Readonly<Record<string, unknown>>) {
		const names = inputs.map((file) => basename(file));
		return this.#bench.request("", { script: templateFile(template), inputs, inputNames: names, params });
	}

	#directory(): string {
		const directory = join(this.#bench.path, `by-hand-${++this.#serial}`);
		mkdirSync(directory);
		return directory;
	}
}

/** The product runs R with these; another locale would write other letters than UTF-8. */
const byHand = { ...process.env, LC_ALL: "C.UTF-8" };

function rowsOf(csv: string): Row[] {
	const [head = [], ...rows] = csv.trimEnd().split("\n").map(fieldsOf);
	return rows.map((fields) => Object.fromEntries(head.map((name, i) => [name, fields[i] ?? ""])));
}

function fieldsOf(line: string): string[] {
	return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
		.slice(0, -1)
		.map(([, field = ""]) => field.replace(/^"(.*)"$/, "$1").replaceAll('""', '"'));
}
