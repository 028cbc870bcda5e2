import { DataLock } from "#connectors/sqlite/data-lock.ts";
import { WatchRabbitError } from "#core/errors.ts";

/** Says "held", or how it was refused, and holds the lock until it is told to end or killed. */
try {
	await DataLock.acquire(process.argv[2] as string, { startedAt: new Date().toISOString(), command: "watchrabbit up" });
	process.stdout.write("held\n");
	process.stdin.resume();
} catch (error) {
	if (!(error instanceof WatchRabbitError)) throw error;
	process.stdout.write(`${error.code} ${error.message}\n`);
}
