import type { Workbench } from "../application.ts";
import { type Check, difference } from "./difference.ts";

/** No entry of the audit log was changed, removed or put in. That the end is still there, only a head kept elsewhere can say. */
export async function* checkAudit({ catalog }: Pick<Workbench, "catalog">): AsyncGenerator<Check> {
	for await (const { kind, seq, detail } of catalog.audit.verify()) {
		yield async () => difference("audit-broken", `audit:${seq}`, `${kind}: ${detail}`);
	}
}
