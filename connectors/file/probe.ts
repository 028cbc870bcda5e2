import type { CompletenessProfile } from "#domain/settings.ts";
import type { Content } from "./content.ts";
import { pointerBeginning, probeGitLfs } from "./probe-git-lfs.ts";
import { probeGzip } from "./probe-gzip.ts";
import { probeHdf5 } from "./probe-hdf5.ts";
import { probeJson } from "./probe-json.ts";
import { probeXml } from "./probe-xml.ts";
import { probeZip } from "./probe-zip.ts";
import { headText } from "./text-encoding.ts";

/** What a setting can name; a pointer of Git LFS is only ever found. */
type Named = Exclude<CompletenessProfile["probe"], "none" | "auto">;
type Format = Named | "git-lfs";

/**
 * Whether a file's own structure says that it is whole: undefined if so, else what is missing, in plain words that
 * follow "waits for".
 */
export type Probe = (content: Content, aborted: () => boolean) => string | undefined | Promise<string | undefined>;

const probes: Readonly<Record<Format, Probe>> = {
	gzip: probeGzip,
	zip: probeZip,
	xml: probeXml,
	json: probeJson,
	hdf5: probeHdf5,
	"git-lfs": probeGitLfs,
};

const extensions: readonly (readonly [RegExp, Named])[] = [
	[/\.(gz|tgz|bgz|bam)$/i, "gzip"],
	[/\.(zip|xlsx|docx|rdml|ods)$/i, "zip"],
	[/\.(xml|mzml|mzxml|imzml)$/i, "xml"],
	[/\.json$/i, "json"],
	[/\.(h5|hdf5|fast5|nwb|h5ad)$/i, "hdf5"],
];

/** `auto` looks at what the file is; a format that is named is asked of every file. */
export function probe(
	setting: CompletenessProfile["probe"],
	name: string,
	content: Content,
	aborted: () => boolean,
): ReturnType<Probe> {
	if (setting === "none") return undefined;
	const format = setting === "auto" ? detect(name, content) : setting;
	return format === undefined ? undefined : probes[format](content, aborted);
}

/**
 * The first bytes decide, because extensions lie: vendors name plain text .xls and .xml. The name decides for JSON,
 * which has no first bytes of its own, and while the first bytes are not written yet.
 */
function detect(name: string, content: Content): Format | undefined {
	const head = content.head(8);
	if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return "gzip";
	if (head.length >= 4 && head.readUInt32BE(0) === 0x504b0304) return "zip";
	if (head.length === 8 && head.readUInt32BE(0) === 0x89484446) return "hdf5";
	const text = headText(content, 64).trimStart();
	if (text.startsWith("<?xml")) return "xml";
	if (text.startsWith(pointerBeginning)) return "git-lfs";
	const named = extensions.find(([pattern]) => pattern.test(name))?.[1];
	if (named === "json" || head.every((byte) => byte === 0)) return named;
	return undefined;
}
