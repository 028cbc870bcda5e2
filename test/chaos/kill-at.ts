import { writeSync } from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { openCatalog } from "#catalog/catalog.ts";
import { AmqpEventLog } from "#connectors/amqp/event-log.ts";
import { S3ObjectStore } from "#connectors/s3/object-store.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import type { AnalysisRequest } from "#core/ports/analysis-pool.ts";
import type { Intake, ResultCommit } from "#core/ports/catalog.ts";
import type { LogEvent } from "#core/ports/event-log.ts";
import { manifestName } from "#domain/object-keys.ts";
import { WorkerPool } from "#r-workers/worker-pool.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { dyingWords, killAtStep, killAtTurn, type Step } from "./steps.ts";

/**
 * Loaded before the program (`node --import`), into a process that is to die by SIGKILL at a named step: the method behind
 * the step is wrapped, and the process kills itself when it was called for the n-th time. The program knows nothing of it.
 */

// Asked for its class, which nobody else can have.
const directory = temporaryDirectory();
const catalog = await openCatalog(new NodeSqliteDialect(join(directory.path, "catalog.db")));
await catalog.close();
directory.remove();
const catalogs = Object.getPrototypeOf(catalog);

type Method = (...args: unknown[]) => Promise<unknown>;
type Methods = Record<string, Method>;

/** Says of a call of the method whether it is one of the step: what is under way there. */
type Concerns<T> = (argument: T) => string | undefined;

const attemptOf = (key: string) => (key.endsWith(`/${manifestName}`) ? key.split("/").at(-2) : undefined);
const manifests: Concerns<string> = attemptOf;

const wraps: Readonly<Record<Step, () => void>> = {
	"after-publish": () =>
		wrap("after", AmqpEventLog.prototype, "append", ({ length }: readonly LogEvent[]) =>
			length > 0 ? "events" : undefined,
		),
	"after-offset": () =>
		wrap("after", catalogs, "commitIntake", ({ arrivals }: Intake) => (arrivals.length > 0 ? "arrivals" : undefined)),
	"after-r": () => wrap("after", WorkerPool.prototype, "run", ({ id }: AnalysisRequest) => id),
	"after-artifacts": () => wrap("before", S3ObjectStore.prototype, "put", manifests),
	"after-manifest": () => wrap("after", S3ObjectStore.prototype, "put", manifests),
	"after-commit": () => wrap("after", catalogs, "commitResult", ({ job, token }: ResultCommit) => `${job}-${token}`),
};

const step = process.env[killAtStep] as Step;
let left = Number(process.env[killAtTurn]);
if (isMainThread) wraps[step]();

function wrap<T>(when: "before" | "after", prototype: object, name: string, concerns: Concerns<T>): void {
	const methods = prototype as Methods;
	const method = methods[name] as Method;
	methods[name] = async function (this: unknown, ...args) {
		const what = concerns(args[0] as T);
		if (when === "before" && what !== undefined) die(what);
		const value = await method.apply(this, args);
		if (when === "after" && what !== undefined) die(what);
		return value;
	};
}

function die(what: string): void {
	left -= 1;
	if (left > 0) return;
	writeSync(2, `${dyingWords(step)} ${what}\n`);
	process.kill(process.pid, "SIGKILL");
}
