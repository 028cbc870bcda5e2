import { provideServices } from "../deploy/dev/provide-services.ts";
import { peers, search, services } from "../deploy/dev/services.ts";

const rowsByName = { ...services, ...peers };

/** Installs what the machine lacks of what is named, where it can; those that cannot be had are named, and it gives false. */
export function haveServices(names: readonly (keyof typeof rowsByName)[], say: (line: string) => void): boolean {
	const rows = names.map((name) => rowsByName[name]);
	if (rows.some((row) => !search(row, process.env).found)) provideServices(process.env, say, rows);
	const missing = rows.flatMap((row) => {
		const result = search(row, process.env);
		return result.found ? [] : [result.missing];
	});
	for (const what of missing) say(`left out: ${what}`);
	return missing.length === 0;
}
