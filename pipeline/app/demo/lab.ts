import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("./dnase.R", import.meta.url));

const configuration = `# The demo's lab: two plate readers that write into instruments/, one R script.
# Everything here can be looked at with the commands:  list, show, why, verify

data: ./state                        # what WatchRabbit remembers, and the results
http: { listen: "127.0.0.1:0" }      # port 0: any free one

sources:
  plates:
    watch: ./instruments
    include: ["**/*.csv"]
    complete:
      quiet: 500ms                   # nothing changed for so long ...
      rename: ["*.part"]             # ... under its final name ...
      footer: "# end of export"      # ... and the reader wrote its last line

pipelines:
  standard-curve:
    from: plates
    analysis: ./analyses/dnase.R
    params: { title: DNase ELISA }
`;

/** Name of the source in the configuration above. */
export const watchedSource = "plates";

/** Where the demo's instruments write, relative to its directory. */
export const watched = "instruments";

/** Lays out a lab as a person would: a configuration, a script, a directory that instruments write into. */
export async function layOutLab(directory: string): Promise<string> {
	await mkdir(join(directory, watched), { recursive: true });
	await mkdir(join(directory, "analyses"), { recursive: true });
	await copyFile(script, join(directory, "analyses", "dnase.R"));
	const file = join(directory, "watchrabbit.yaml");
	await writeFile(file, configuration);
	return file;
}
