import { didYouMean } from "#config/did-you-mean.ts";
import type { Grant } from "#core/ports/access-store.ts";
import type { AccessRole } from "#domain/access.ts";
import type { Settings } from "#domain/settings.ts";
import { usage } from "./command.ts";

export interface GrantOptions {
	readonly role: AccessRole;
	readonly projects?: string;
}

/** What a user or a key is given: projects are those of the configuration. */
export function grantOf({ role, projects }: GrantOptions, settings: Pick<Settings, "projects">): Grant {
	return { role, projects: projects === undefined ? "all" : projectsNamed(projects, settings) };
}

export function projectsNamed(given: string, { projects }: Pick<Settings, "projects">): readonly string[] | "all" {
	if (given === "all") return "all";
	const names = listed(given);
	const known = projects.map(({ name }) => name);
	const unknown = names.find((name) => !known.includes(name));
	if (unknown === undefined) return names;
	const meant = didYouMean(unknown, known);
	const fix =
		known.length === 0 ? "Declare it in the configuration, under projects." : `There are: ${known.join(", ")}.`;
	throw usage("PROJECT", `there is no project "${unknown}"`, meant === undefined ? fix : `Did you mean "${meant}"?`);
}

export function listed(given: string): readonly string[] {
	return given
		.split(",")
		.map((each) => each.trim())
		.filter((each) => each !== "");
}

export function projectsInWords(projects: Grant["projects"]): string {
	return projects === "all" ? "all" : projects.join(", ") || "none";
}
