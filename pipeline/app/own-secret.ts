import { randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { newSecret } from "#access/secrets.ts";
import { permanent } from "#core/errors.ts";

/** As the configuration asks of one. */
const shortest = 32;

/**
 * What is in the file, which is made where there is none: whole or not at all, and by one of several processes.
 *
 * @throws WatchRabbitError ACCESS_SECRET (permanent) where what is in it can be guessed
 */
export function ownSecret(file: string): string {
	if (!existsSync(file)) make(file);
	const secret = readFileSync(file, "utf8").trim();
	if (secret.length >= shortest) return secret;
	throw permanent("ACCESS_SECRET", `${file} holds ${secret.length} characters: a secret has ${shortest} or more`, {
		fix: "Bring it back from a backup, or remove it: another one is made, and whoever is logged in stays so.",
	});
}

function make(file: string): void {
	const temporary = `${file}.${randomUUID()}.new`;
	try {
		writeFileSync(temporary, `${newSecret()}\n`, { mode: 0o600, flag: "wx", flush: true });
		linkSync(temporary, file);
	} catch (thrown) {
		// Another process was faster.
		if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
	} finally {
		rmSync(temporary, { force: true });
	}
	const directory = openSync(dirname(file), "r");
	fsyncSync(directory);
	closeSync(directory);
}
