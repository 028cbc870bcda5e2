import type { Role } from "#cli/application.ts";
import type { Settings } from "#domain/settings.ts";

type Sources = Pick<Settings, "sources">;

/** Whether one of these roles works with each service: nobody connects to one only to look at it. */
export function worksWith({ sources }: Sources, roles: readonly Role[]) {
	const has = (...some: readonly Role[]) => some.some((role) => roles.includes(role));
	const watchesWhere = (is: (source: Sources["sources"][number]) => unknown) => has("watch") && sources.some(is);
	return {
		ledger: has("watch"),
		eventLog: has("watch", "flow"),
		workQueue: has("flow", "work"),
		objects: has("flow", "work", "serve") || watchesWhere(({ archive }) => archive),
		cache: has("serve"),
		sinks: has("flow"),
		kafka: has("flow") || watchesWhere(({ kafka }) => kafka),
	};
}
