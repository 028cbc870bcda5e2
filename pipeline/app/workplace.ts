import { join } from "node:path";
import type { Role } from "#cli/application.ts";
import { DataLock } from "#connectors/sqlite/data-lock.ts";
import { WatchRabbitError } from "#core/errors.ts";
import { placesIn } from "#domain/places.ts";
import type { Settings } from "#domain/settings.ts";
import { installationMark } from "./installation.ts";

/** Where a process keeps what it alone uses: directories of runs, pipes of R, copies of analyses. */
export interface Workplace {
	readonly directory: string;
	/** Marks its R processes. */
	readonly installation: string;
	/** Whether no other process has the same catalog open to work: what it finds begun there is nobody's. */
	readonly alone: boolean;
	/** Where this process tells how it is; commands of this machine ask there. */
	served(address: string): void;
	leave(): void;
}

/** More processes than a host has any use for. */
const mostProcesses = 1_000;

/**
 * The data directory has one master: the process that keeps embedded state in it, or watches with a ledger in it. One
 * that shares all of its state through services takes the first free numbered place below, so that any number of them
 * work from one configuration.
 *
 * @throws WatchRabbitError DATA_IN_USE (permanent), naming the holder
 */
export async function takeWorkplace(
	{ data, services }: Pick<Settings, "data" | "services">,
	roles: readonly Role[],
): Promise<Workplace> {
	const { broker, catalog, objects } = services;
	const alone = catalog === undefined;
	if (alone || broker === undefined || objects === undefined || roles.includes("watch")) {
		return occupied(data, await locked(data), alone);
	}
	const [directory, lock] = await firstFree(placesIn(data).processes, 1);
	return occupied(directory, lock, alone);
}

async function firstFree(processes: string, number: number): Promise<[string, DataLock]> {
	const directory = join(processes, String(number));
	try {
		return [directory, await locked(directory)];
	} catch (thrown) {
		if (number >= mostProcesses || !(thrown instanceof WatchRabbitError) || thrown.code !== "DATA_IN_USE") throw thrown;
		return await firstFree(processes, number + 1);
	}
}

function locked(directory: string): Promise<DataLock> {
	return DataLock.acquire(directory, { startedAt: new Date().toISOString(), command: process.argv.slice(1).join(" ") });
}

function occupied(directory: string, lock: DataLock, alone: boolean): Workplace {
	return {
		directory,
		installation: installationMark(directory),
		alone,
		served: (address) => lock.name({ address }),
		leave: () => lock.release(),
	};
}
