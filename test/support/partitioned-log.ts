import { MemoryEventLog } from "#connectors/memory/event-log.ts";
import type { EventLog, LogEvent, LogPartition } from "#core/ports/event-log.ts";

/** A log in memory of several partitions: by the number that a key ends with. */
export class PartitionedLog implements EventLog {
	readonly partitions: readonly [LogPartition, ...LogPartition[]];
	readonly lapses = 0;
	readonly #logs: readonly MemoryEventLog[];

	constructor(count: number) {
		this.#logs = Array.from({ length: count }, () => new MemoryEventLog());
		const [first, ...others] = this.#logs.map((log, n) => named(`files.${n}`, log));
		this.partitions = [first as LogPartition, ...others];
	}

	partitionOf(key: string): LogPartition {
		return this.partitions[this.#numberOf(key)] as LogPartition;
	}

	async look(): Promise<void> {
		await this.#logs[0]?.look();
	}

	async append(events: readonly LogEvent[]): Promise<void> {
		for (const event of events) await this.#logs[this.#numberOf(event.key)]?.append([event]);
	}

	async close(): Promise<void> {
		await Promise.all(this.#logs.map((log) => log.close()));
	}

	#numberOf(key: string): number {
		return Number(/\d*$/.exec(key)?.[0] ?? 0) % this.#logs.length;
	}
}

function named(name: string, log: MemoryEventLog): LogPartition {
	return {
		name,
		open: (after) => log.open(after),
		end: () => log.end(),
		trim: (before) => log.trim(before),
	};
}
