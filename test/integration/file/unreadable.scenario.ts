import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { WatchedDirectory } from "#test/support/watched-directory.ts";

/** Run by unreadable.test.ts as a user whom permissions bind. Prints what became of what may not be read. */
const place = new WatchedDirectory();
for (const directory of ["closed", "blind"]) mkdirSync(place.path(directory));
for (const path of ["open.csv", "secret.csv", "closed/2.csv", "blind/1.csv"]) writeFileSync(place.path(path), "1");
chmodSync(place.path("secret.csv"), 0o000);
chmodSync(place.path("closed"), 0o000);
// Names can be read, what they name cannot be looked at.
chmodSync(place.path("blind"), 0o444);
try {
	await place.source.start();
	const verdict = await place.settle("secret.csv");
	if (verdict.kind !== "refused") throw new Error(`secret.csv is ${verdict.kind}`);
	const before = place.states();

	chmodSync(place.path("secret.csv"), 0o400);
	for (const directory of ["closed", "blind"]) chmodSync(place.path(directory), 0o700);
	await place.scan();
	const { code, class: kind, message } = verdict.cause;
	console.log(
		JSON.stringify({ file: { kind: verdict.kind, code, class: kind, message }, before, after: place.states() }),
	);
} finally {
	for (const directory of ["closed", "blind"]) chmodSync(place.path(directory), 0o700);
	await place.close();
}
