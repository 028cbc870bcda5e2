import { type Peer, startGroup } from "./peer.ts";

/** How people do it today: one line of shell. */
export const inotifywaitXargs: Peer = {
	name: "inotifywait | xargs -P2 Rscript",
	needs: { inotifywait: "inotify-tools", Rscript: "r-base-core" },
	start({ watched, results, analysis }) {
		const line = `inotifywait -m -e close_write --format '%w%f' '${watched}' | xargs -P2 -I{} Rscript '${analysis}' {} '${results}'`;
		return startGroup("sh", ["-c", line], /Watches established/);
	},
};
