import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const files = ["stable_attributes.d.mts", "experimental_attributes.d.mts"];
const declaration = /\/\*\*((?:(?!\*\/).)*)\*\/\s*declare const (\w+): "([^"]+)"/gs;

/** What OpenTelemetry's conventions say now: names of attributes, and `NAME=VALUE` of those whose values they list. */
export function conventions(): ReadonlyMap<string, "present" | "deprecated"> {
	const directory = dirname(fileURLToPath(import.meta.resolve("@opentelemetry/semantic-conventions/incubating")));
	const declared = files.flatMap((file) => [...readFileSync(join(directory, file), "utf8").matchAll(declaration)]);
	const names = new Map(declared.map(([, , constant, text]) => [constant, text]));
	const known = new Map<string, "present" | "deprecated">();
	for (const [, comment = "", constant = "", text = ""] of declared) {
		const attribute = names.get(`ATTR_${constant.split("_VALUE_")[0]}`);
		const isAttribute = constant.startsWith("ATTR_");
		if (!isAttribute && attribute === undefined) continue;
		known.set(isAttribute ? text : `${attribute}=${text}`, comment.includes("@deprecated") ? "deprecated" : "present");
	}
	return known;
}
