import type { Begin } from "./begun.ts";

/** Done by the host that watches the source. */
export const rescan: Begin = async (_turn, { target }) => {
	return { state: "requested", message: `source ${target.name} is to be scanned by who watches it` };
};
