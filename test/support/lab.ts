import { setTimeout as pause } from "node:timers/promises";
import { eventually, Product, type Running } from "./product.ts";

/** A script of base R that says what it was given: bytes, lines, and the digest of nothing but the content. */
export const countingScript = `args <- commandArgs(trailingOnly = TRUE)
out <- args[length(args)]
files <- args[-length(args)]
files <- unlist(lapply(files, function(f) if (dir.exists(f)) list.files(f, recursive = TRUE, full.names = TRUE) else f))
wr_measure("bytes", sum(file.size(files)), unit = "By")
wr_measure("files", length(files))
writeLines(as.character(unname(tools::md5sum(files))), file.path(out, "md5.txt"))
`;

export interface LabOptions {
	/** YAML below the source, indented by four spaces. */
	readonly source?: string;
	readonly pipeline?: string;
	readonly script?: string;
	readonly more?: string;
	readonly environment?: NodeJS.ProcessEnv;
	readonly files?: Readonly<Record<string, string>>;
}

/** A lab with one instrument that writes into data/, and one pipeline "count". */
export async function createLab(options: LabOptions = {}): Promise<Product> {
	const { source = "    complete: { quiet: 300ms }", pipeline = "", script = countingScript, more = "" } = options;
	const product = await Product.create(
		{
			"watchrabbit.yaml": `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  instrument:
    watch: ./data
${source}
pipelines:
  count:
    from: instrument
    analysis: ./count.R
${pipeline}
${more}
`,
			"count.R": script,
			...options.files,
		},
		options.environment,
	);
	await product.write("data/.keep", "");
	return product;
}

export interface ListedResult {
	readonly id: string;
	readonly job: string;
	readonly pipeline: string;
	readonly state: "current" | "superseded";
	readonly acquisition: {
		readonly id: string;
		readonly key: string;
		readonly members: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
	};
	readonly artifacts: readonly { readonly name: string; readonly size: number }[];
	readonly measurements: readonly { readonly name: string; readonly value: number; readonly unit: string }[];
}

export interface ListedFile {
	readonly path: string;
	readonly state: string;
	readonly reason?: string | null;
}

export interface Why {
	readonly path: string;
	readonly state: string;
	readonly events: readonly { readonly at: string; readonly what: string; readonly detail: string }[];
}

/** Runs the command until it has nothing left to do. */
export async function untilIdle(lab: Product): Promise<Awaited<Running["ended"]>> {
	return await lab.run("up", "--until-idle");
}

/** Asks the API of a running `up` until the list is as hoped. */
export async function listed<T>(
	address: string,
	what: string,
	hoped: (items: readonly T[]) => boolean,
	withinMs?: number,
): Promise<readonly T[]> {
	let last: readonly T[] = [];
	return await eventually(
		async () => {
			last = await all<T>(`${address}/api/v1/${what}`);
			return hoped(last) ? last : undefined;
		},
		() => `${what} are as hoped; they are ${JSON.stringify(last, undefined, 1).slice(0, 3_000)}`,
		withinMs,
	);
}

async function all<T>(url: string): Promise<T[]> {
	const items: T[] = [];
	let cursor: string | null = null;
	do {
		const page: URL = new URL(url);
		page.searchParams.set("limit", "200");
		if (cursor !== null) page.searchParams.set("cursor", cursor);
		const answer = await fetch(page);
		if (!answer.ok) throw new Error(`${page}: ${answer.status} ${await answer.text()}`);
		const body = (await answer.json()) as { items: T[]; next: string | null };
		items.push(...body.items);
		cursor = body.next;
	} while (cursor !== null);
	return items;
}

export function measured(result: ListedResult | undefined, name: string): number | undefined {
	return result?.measurements.find((measurement) => measurement.name === name)?.value;
}

export { pause };
