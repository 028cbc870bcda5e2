import type { Declarations } from "./declaration.ts";

/** What people hold back, and what came of what they asked for. */
export const operationEvents: Declarations<"source.resumed" | "pauses.changed" | "operation.ended"> = {
	"source.resumed": {
		level: "info",
		say: (e) => `source ${e.source} goes on: published now, of what settled meanwhile: ${e.units}`,
	},
	"pauses.changed": {
		level: "info",
		say: (e) => wordsOf(e),
		health: (health, e) => health.set("held back", "up", wordsOf(e), true),
	},
	"operation.ended": {
		level: (e) => (e.state === "failed" ? "warn" : "info"),
		say: (e) => `${e.kind} of ${e.target}, asked for by ${e.by}, is ${e.state}: ${e.message}`,
	},
};

function wordsOf({ held, files }: { readonly held: readonly string[]; readonly files: number }): string {
	const quarantined = files === 0 ? [] : [`${files} in quarantine by a person`];
	const words = [...held, ...quarantined];
	return words.length === 0 ? "nothing is held back" : words.join("; ");
}
