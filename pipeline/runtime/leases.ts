import type { LeaseCatalog } from "#core/ports/catalog.ts";
import { type PersistContext, persist } from "./persist.ts";

/** A process that died is replaced after this at the latest. */
const leaseMs = 6_000;
/** How often who holds a lease takes it again, and who does not looks whether it is free. */
export const renewEveryMs = 1_000;

export interface LeasesContext extends Omit<PersistContext, "signal"> {
	readonly catalog: LeaseCatalog;
}

/** Leases of one process among those that share the catalog. */
export class Leases {
	/** Names the process. */
	readonly owner: string;
	readonly #context: LeasesContext;

	constructor(owner: string, context: LeasesContext) {
		this.owner = owner;
		this.#context = context;
	}

	/** Takes a lease, or keeps it. Gives its token; undefined while another holds it. */
	async take(name: string, signal: AbortSignal): Promise<number | undefined> {
		const { catalog, clock, report } = this.#context;
		const lease = () => catalog.lease(name, this.owner, leaseMs, clock.now());
		return await persist("catalog", lease, { clock, report, signal });
	}

	/** Who holds it now, for people. */
	async holder(name: string): Promise<string | undefined> {
		const { catalog, clock } = this.#context;
		const holders = await catalog.leaseholders(name, clock.now()).catch(() => new Map<string, string>());
		return holders.get(name);
	}

	/** Who takes it next need not wait. Where the catalog is away, the lease is over by itself. */
	async giveBack(name: string): Promise<void> {
		await this.#context.catalog.endLease(name, this.owner).catch(() => {});
	}
}
