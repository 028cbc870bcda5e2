import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { LocalProcess } from "#cli/application.ts";
import { loadSettings } from "#config/load.ts";
import { DataLock } from "#connectors/sqlite/data-lock.ts";
import { placesIn } from "#domain/places.ts";

/** What works with a configuration on this machine, as each process named itself. */
export async function processesOf(configFile: string | undefined): Promise<readonly LocalProcess[]> {
	const { settings } = await loadSettings(configFile, process.env, { checkPlaces: false });
	const { processes } = placesIn(settings.data);
	const numbered = await readdir(processes).catch(() => []);
	const places = [settings.data, ...numbered.sort(byNumber).map((name) => join(processes, name))];
	return places.flatMap((place) => DataLock.holder(place) ?? []);
}

function byNumber(one: string, other: string): number {
	return Number(one) - Number(other);
}
