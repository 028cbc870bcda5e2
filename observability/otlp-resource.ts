import { hostname } from "node:os";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { OtlpSettings } from "./otlp-batches.ts";

/** Who tells: the same of spans and logs. */
export function resourceOf({ version, roles }: Pick<OtlpSettings, "version" | "roles">) {
	return resourceFromAttributes({
		"service.name": "watchrabbit",
		"service.version": version,
		"service.instance.id": `${hostname()}:${process.pid}`,
		"watchrabbit.roles": [...roles],
	});
}
