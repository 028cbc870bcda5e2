import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { executable } from "./packages.ts";
import { downloaded } from "./ways.ts";

/** Where programs are on this machine that are not simply in the PATH. */

export function rscript(environment: NodeJS.ProcessEnv): string | undefined {
	return environment.WATCHRABBIT_TEST_RSCRIPT ?? executable("Rscript", environment);
}

/** Debian keeps it below the architecture's directory, others in lib or lib64. */
export function fakeTimeLibrary(): string | undefined {
	const name = "faketime/libfaketime.so.1";
	return globSync([`/usr/lib/*/${name}`, `/usr/lib*/${name}`, `/usr/local/lib/${name}`])[0];
}

export function rPackage(name: string, environment: NodeJS.ProcessEnv): string | undefined {
	const command = rscript(environment);
	if (command === undefined) return undefined;
	const { status, stdout } = spawnSync(command, ["--vanilla", "-e", `cat(find.package("${name}"))`], {
		encoding: "utf8",
	});
	return status === 0 ? stdout : undefined;
}

/** The server itself: what Debian has in the PATH changes the user first. */
export function rabbitmq(environment: NodeJS.ProcessEnv): string | undefined {
	const found = globSync(["/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server"]);
	return found[0] ?? executable("rabbitmq-server", environment);
}

/** The jar of the server, with all that it needs beside it, where there is a Java to run it. */
export function kafka(environment: NodeJS.ProcessEnv): string | undefined {
	if (executable("java", environment) === undefined) return undefined;
	return downloaded("kafka", "lib/kafka_2.13-4.1.0.jar", environment);
}

/** Debian keeps the server out of the PATH, in a directory for each version: the newest one is taken. */
export function postgres(environment: NodeJS.ProcessEnv): string | undefined {
	const version = (file: string) => Number(/(\d+)[/]bin/.exec(file)?.[1] ?? 0);
	const found = globSync(["/usr/lib/postgresql/*/bin/postgres", "/opt/homebrew/opt/postgresql@*/bin/postgres"]);
	return found.toSorted((a, b) => version(b) - version(a))[0] ?? executable("postgres", environment);
}
