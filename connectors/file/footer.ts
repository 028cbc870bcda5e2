import type { CompletenessProfile } from "#domain/settings.ts";
import type { Content } from "./content.ts";
import { tailText } from "./text-encoding.ts";

/** Whether the pattern is found near the end: in the text, or in the bytes as one character (\x00-\xff) each. */
export function hasFooter(content: Content, footer: NonNullable<CompletenessProfile["footer"]>): boolean {
	// Without the flags that make a RegExp remember where it stopped.
	const pattern = new RegExp(footer.pattern, footer.flags.replace(/[gy]/g, ""));
	const bytes = content.tail(footer.withinBytes).toString("latin1");
	return pattern.test(bytes) || pattern.test(tailText(content, footer.withinBytes));
}
