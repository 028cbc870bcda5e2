/** What file and folder names say in a laboratory. Extensions in lower case. */

export const formats: Readonly<Record<string, string>> = {
	".csv": "tables",
	".tsv": "tables",
	".txt": "text exports",
	".asc": "text exports",
	".xls": "Excel workbooks",
	".xlsx": "Excel workbooks",
	".xml": "XML",
	".json": "JSON",
	".fcs": "flow cytometry",
	".lmd": "flow cytometry",
	".mzml": "mass spectrometry",
	".mzxml": "mass spectrometry",
	".mzdata": "mass spectrometry",
	".mgf": "peak lists",
	".imzml": "imaging mass spectrometry",
	".ibd": "imaging mass spectrometry, binary part",
	".raw": "vendor raw data",
	".wiff": "vendor raw data",
	".cdf": "ANDI chromatography",
	".ch": "ChemStation chromatograms",
	".uv": "ChemStation spectra",
	".dx": "JCAMP-DX spectra",
	".jdx": "JCAMP-DX spectra",
	".spc": "spectra",
	".sp": "PerkinElmer spectra",
	".rdml": "qPCR",
	".eds": "qPCR",
	".lc96p": "qPCR",
	".ixo": "qPCR",
	".fast5": "nanopore reads",
	".pod5": "nanopore reads",
	".fastq": "sequencing reads",
	".h5": "HDF5",
	".hdf5": "HDF5",
	".tif": "images",
	".tiff": "images",
	".zip": "archives",
};

export const notData = new Set(
	".md .log .pdf .html .htm .ini .db .lnk .r .rmd .qmd .py .sh .bat .yaml .yml .doc .docx .rtf .bak .old .url .css .js .lock .pem .key".split(
		" ",
	),
);

/** Whole names (without extension) of files that say how to read data, and are none. */
export const descriptive =
	/^(read.?me|licen[cs]e|description|plate.?(conf|list|map|layout)|screen.?log|manifest|template|layout|sample.?sheet|annot\w*|design|gene.?ids?)([-_. ].*)?$/i;

/** Extensions of files that are being written. */
export const temporary = /\.(tmp|temp|part|partial|filepart|crdownload|download|writing|swp|inprogress)$/i;

/** What a structural probe can judge. */
export const probed = /\.(gz|zip|xlsx|rdml|eds|xml|mzml|mzxml|imzml|mzdata|json|h5|hdf5|fast5|pod5|mzmlb)$/i;

/** What vendors write inside a run folder. `folder` gives the relative folder from the path of such a file. */
export const runFolders: readonly { readonly what: string; readonly folder: (path: string) => string | undefined }[] = [
	{ what: "Illumina run folder (RunInfo.xml)", folder: (path) => ending(path, "/RunInfo.xml") },
	{
		what: "Bruker timsTOF folder (.d with analysis.tdf)",
		folder: (path) => matched(path, /^(.*\.d)\/analysis\.t[ds]f$/i),
	},
	{ what: "Agilent folder (.d with AcqData)", folder: (path) => matched(path, /^(.*\.d)\/AcqData\//i) },
	{ what: "vendor folder (.d)", folder: (path) => matched(path, /^(.*?\.d)\//i) },
	{ what: "Waters folder (.raw with _FUNC001.DAT)", folder: (path) => matched(path, /^(.*\.raw)\/_FUNC001\.DAT$/i) },
	{ what: "Bruker spectrum (fid with acqu)", folder: (path) => matched(path, /^(.*)\/acqus?$/) },
];

function ending(path: string, end: string): string | undefined {
	return path.endsWith(end) ? path.slice(0, -end.length) : undefined;
}

function matched(path: string, expression: RegExp): string | undefined {
	return expression.exec(path)?.[1];
}

/** Files that instruments write when a run is over. */
export const runMarkers = [
	"CopyComplete.txt",
	"RTAComplete.txt",
	"RunCompletionStatus.xml",
	"SequenceComplete.txt",
	"CompletedJobInfo.xml",
	"final_summary.txt",
	"_DONE",
	"DONE",
	"done.txt",
	"complete.txt",
];

/** Extensions of small files that say: the file beside is complete. */
export const fileMarkers = [".done", ".ok", ".complete", ".finished", ".ready", ".eof"];

/** Parts of one measurement in several files, recognised by their extensions. */
export const partners = [
	[".imzML", ".ibd"],
	[".hdr", ".img"],
	[".wiff", ".wiff.scan"],
] as const;

/** How exports of an instrument end when they are whole; over bytes. */
export const footers = [
	{ what: "xPONENT's checksum", pattern: '-- CRC --[,"]*\\s+"?CRC\\d*:' },
	{ what: "SoftMax Pro's last line", pattern: "Original Filename: .*Date Last Saved: " },
	{ what: "SoftMax Pro's ~End", pattern: "~End\\s*$" },
] as const;
