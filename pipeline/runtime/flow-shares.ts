import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type { IntakeCatalog, Lease, LeaseCatalog } from "#core/ports/catalog.ts";
import type { EventLog, LogPartition } from "#core/ports/event-log.ts";
import { watchClock } from "./clock-steps.ts";
import type { FlowLoad } from "./credits.ts";
import type { FlowContext } from "./flow-role.ts";
import { type Leases, renewEveryMs } from "./leases.ts";
import { Loop } from "./loop.ts";
import { PartitionRole } from "./partition-role.ts";
import { pause, persist } from "./persist.ts";

export interface FlowSharesContext extends Omit<FlowContext, "log" | "catalog" | "isHome" | "lease" | "anew"> {
	readonly log: EventLog;
	readonly catalog: IntakeCatalog & LeaseCatalog;
	/** Undefined: this process has the log to itself, and needs none. */
	readonly leases: Leases | undefined;
	/** For partitions that are taken over, or given up to another process. */
	readonly graceMs: number;
}

interface Held {
	readonly partition: LogPartition;
	readonly role: PartitionRole;
	token: number;
}

/**
 * `flow` over all partitions of the log that are this process's. Of several processes each has its share: it tells by a
 * lease that it is there, takes free partitions under leases up to its share, and gives up what is more than that.
 *
 * A partition is held from the moment its lease is ours until the lease is lost or given up: then its role ends, and what
 * it still tries to commit is refused by the catalog.
 */
export class FlowShares {
	readonly #context: FlowSharesContext;
	readonly #held = new Map<string, Held>();
	readonly #loop = new Loop();
	readonly #clockSteps = new Loop();
	#drained = false;

	constructor(context: FlowSharesContext) {
		this.#context = context;
	}

	/** Resolves when the partitions that are free are being read. */
	async start(): Promise<void> {
		const { log, leases, onBroken } = this.#context;
		if (this.#drained) return;
		if (leases === undefined) for (const partition of log.partitions) await this.#hold(partition, undefined);
		else {
			await this.#settleShares(leases, this.#loop.signal);
			this.#loop.start((signal) => this.#keepShares(leases, signal), onBroken);
		}
		this.#clockSteps.start((signal) => this.#followClock(signal), onBroken);
	}

	/** Names of the partitions that this process reads. */
	get partitions(): readonly string[] {
		return [...this.#held.keys()];
	}

	async idle(): Promise<boolean> {
		for (const { role } of this.#held.values()) if (!(await role.idle())) return false;
		return true;
	}

	/** Pipelines whose analysis cannot be read, and for which acquisitions wait. */
	get stuck(): ReadonlyMap<string, WatchRabbitError> {
		return new Map([...this.#held.values()].flatMap(({ role }) => [...role.stuck]));
	}

	/** By partition, of those that it reads. */
	get loads(): ReadonlyMap<string, FlowLoad> {
		return new Map([...this.#held].map(([name, { role }]) => [name, role.load]));
	}

	async drain(graceMs: number): Promise<void> {
		this.#drained = true;
		await Promise.all([this.#loop.stop(), this.#clockSteps.stop()]);
		await Promise.all([...this.#held.values()].map((held) => this.#giveUp(held, graceMs)));
		const { leases } = this.#context;
		await leases?.giveBack(presence(leases));
	}

	async #keepShares(leases: Leases, signal: AbortSignal): Promise<void> {
		const { clock } = this.#context;
		while (!signal.aborted) {
			await pause(renewEveryMs, { clock, signal });
			await this.#settleShares(leases, signal);
		}
	}

	async #settleShares(leases: Leases, signal: AbortSignal): Promise<void> {
		const { clock, report, log, catalog, graceMs } = this.#context;
		const patient = { clock, report, signal };
		await leases.take(presence(leases), signal);
		const taken = await persist("catalog", () => catalog.leaseholders(everyLease, clock.now()), patient);
		const processes = [...taken.keys()].filter((name) => name.startsWith(everyPresence)).length;
		const share = Math.ceil(log.partitions.length / Math.max(1, processes));
		for (const held of this.#held.values()) {
			const token = await leases.take(leaseOf(held.partition), signal);
			// A larger one than the next was given to somebody in between, who may have read on.
			if (token === undefined || token > held.token + 1) await this.#drop(held);
			else held.token = token;
		}
		for (const held of [...this.#held.values()].slice(share)) await this.#giveUp(held, graceMs);
		for (const partition of log.partitions) {
			if (signal.aborted || this.#held.size >= share) return;
			if (this.#held.has(partition.name) || taken.has(leaseOf(partition))) continue;
			const token = await leases.take(leaseOf(partition), signal);
			if (token !== undefined) await this.#hold(partition, token);
		}
	}

	async #hold(partition: LogPartition, token: number | undefined): Promise<void> {
		const { log, report } = this.#context;
		const isHome = (source: string) => log.partitionOf(source) === partition;
		const onBroken = (thrown: WatchRabbitError) => this.#broken(held, thrown);
		const lease = (): Lease => ({ name: leaseOf(partition), token: held.token });
		const shared = { ...this.#context, log: partition, isHome, onBroken };
		const role = new PartitionRole(token === undefined ? shared : { ...shared, lease });
		const held: Held = { partition, role, token: token ?? 0 };
		this.#held.set(partition.name, held);
		try {
			await role.start();
		} catch (thrown) {
			if (this.#loop.signal.aborted) throw thrown;
			return this.#broken(held, asWatchRabbitError(thrown));
		}
		report({ event: "partition.taken", partition: partition.name });
	}

	/** Another has it by now. */
	#broken(held: Held, error: WatchRabbitError): void {
		const { onBroken } = this.#context;
		if (error.code !== "LEASE_LOST") onBroken(error);
		else this.#drop(held).catch((thrown: unknown) => onBroken(asWatchRabbitError(thrown)));
	}

	async #drop(held: Held): Promise<void> {
		this.#held.delete(held.partition.name);
		this.#context.report({ event: "partition.lost", partition: held.partition.name });
		await held.role.drain(0);
	}

	/** What has begun is finished first. */
	async #giveUp(held: Held, graceMs: number): Promise<void> {
		const { leases, report } = this.#context;
		await held.role.drain(graceMs);
		this.#held.delete(held.partition.name);
		if (leases === undefined) return;
		await leases.giveBack(leaseOf(held.partition));
		report({ event: "partition.left", partition: held.partition.name });
	}

	/** What waits in a room is due by the wall clock: when that is set, it waits no longer than before. One moves it for all. */
	async #followClock(signal: AbortSignal): Promise<void> {
		const { catalog, clock, report, log } = this.#context;
		const [first] = log.partitions;
		await watchClock(clock, signal, async (byMs) => {
			if (this.#held.has(first.name)) await persist("catalog", () => catalog.shift(byMs), { clock, report, signal });
		});
	}
}

const everyLease = "flow/";
const everyPresence = `${everyLease}process/`;

function presence({ owner }: Leases): string {
	return everyPresence + owner;
}

function leaseOf({ name }: LogPartition): string {
	return `${everyLease}partition/${name}`;
}
