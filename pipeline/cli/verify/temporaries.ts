import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { placesIn, workplaceIn } from "#domain/places.ts";
import type { Workbench } from "../application.ts";
import { type Check, difference } from "./difference.ts";
import { walk } from "./walk.ts";

/** Nothing temporary outlives what made it: run directories, objects and editions half written. */
export async function* checkTemporaries({ settings, catalog, objects }: Workbench): AsyncGenerator<Check> {
	const places = placesIn(settings.data);
	const processes = (await namesIn(places.processes)).map((name) => join(places.processes, name));
	for (const directory of [settings.data, ...processes]) yield* checkWorkplace(directory, catalog);
	if ((await namesIn(places.objects)).length === 0) return;
	for await (const { path } of walk(places.objects)) {
		yield async () => {
			if ((await objects.head(path).catch(() => undefined)) !== undefined) return undefined;
			const there = (await namesIn(join(places.objects, path, ".."))).includes(path.slice(path.lastIndexOf("/") + 1));
			return there
				? difference("temporary-left", join(places.objects, path), "in the object store's directory, and no object")
				: undefined;
		};
	}
}

async function* checkWorkplace(directory: string, catalog: Workbench["catalog"]): AsyncGenerator<Check> {
	const { runs, analyses } = workplaceIn(directory);
	for (const name of await namesIn(runs)) {
		yield async () => {
			if (!(await namesIn(runs)).includes(name)) return undefined;
			const [, job = "", token] = /^(.+)-(\d+)$/.exec(name) ?? [];
			const owner = await catalog.job(job);
			if (owner?.state === "running" && owner.token === Number(token)) return undefined;
			return difference("temporary-left", join(runs, name), "the directory of a run that is over");
		};
	}
	for (const name of (await namesIn(analyses)).filter((name) => name.endsWith(".partial"))) {
		yield async () => {
			if (!(await namesIn(analyses)).includes(name)) return undefined;
			return difference("temporary-left", join(analyses, name), "an edition that was laid out half");
		};
	}
}

async function namesIn(directory: string): Promise<readonly string[]> {
	try {
		return await readdir(directory);
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
		throw thrown;
	}
}
