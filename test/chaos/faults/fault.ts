import type { Random, Site } from "../site.ts";

/** Something that happens to sites like this; when `run` resolves, what it broke works again. */
export interface Fault {
	/** Its kind, which is its file, and what it is: "broker.restart". */
	readonly name: string;
	/** Takes over half a minute, or an outage's whole length: drawn only where there is time. */
	readonly slow?: true;
	run(site: Site, random: Random): Promise<void>;
}
