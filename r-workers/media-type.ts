import { extname } from "node:path";

const byExtension: Readonly<Record<string, string>> = {
	".csv": "text/csv",
	".tsv": "text/tab-separated-values",
	".txt": "text/plain",
	".log": "text/plain",
	".md": "text/markdown",
	".html": "text/html",
	".htm": "text/html",
	".json": "application/json",
	".ndjson": "application/x-ndjson",
	".xml": "application/xml",
	".yaml": "application/yaml",
	".yml": "application/yaml",
	".pdf": "application/pdf",
	".png": "image/png",
	".jpg": "image/jpeg",
	".jpeg": "image/jpeg",
	".gif": "image/gif",
	".tif": "image/tiff",
	".tiff": "image/tiff",
	".svg": "image/svg+xml",
	".rds": "application/x-r-data",
	".rda": "application/x-r-data",
	".rdata": "application/x-r-data",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".parquet": "application/vnd.apache.parquet",
	".sqlite": "application/vnd.sqlite3",
	".zip": "application/zip",
	".gz": "application/gzip",
};

/** What a file is, by its name. */
export function mediaTypeOf(name: string): string {
	return byExtension[extname(name).toLowerCase()] ?? "application/octet-stream";
}
