import { Kysely, sql } from "kysely";
import { type Finding, ok, problem, warning } from "#cli/doctor/finding.ts";
import { asWatchRabbitError } from "#core/errors.ts";
import type { ServiceSettings } from "#domain/settings.ts";
import { amqpBroker, postgresDialect, redisPlace } from "./services.ts";

/** Leases are judged by the clocks of those who take them: one that is off by a part of a lease is worth mending. */
const skewToTellMs = 5_000;

/** For `doctor`: each service that the configuration names, whether it can be used, and what to do where it cannot. */
export async function* examineServices({ broker, catalog, objects, cache }: ServiceSettings): AsyncGenerator<Finding> {
	if (broker !== undefined) {
		yield* await look("broker", async () => {
			const connected = await amqpBroker(broker, () => {});
			try {
				await (await connected.publishing.channel()).close();
				return [ok("broker", "RabbitMQ", "takes us in")];
			} finally {
				await connected.close();
			}
		});
	}
	if (catalog !== undefined) {
		yield* await look("catalog", async () => {
			const db = new Kysely({ dialect: await postgresDialect(catalog) });
			try {
				return await compareClocks(db);
			} finally {
				await db.destroy();
			}
		});
	}
	if (objects !== undefined) {
		yield* await look("objects", async () => {
			const { examineS3 } = await import("#connectors/s3/examine.ts");
			return (await examineS3(objects)).map((finding) => ({ check: "objects", ...finding }));
		});
	}
	if (cache !== undefined) {
		yield* await look("cache", async () => {
			const client = await (await redisPlace(cache)).listener();
			try {
				await client.ping();
				return [ok("cache", "Redis", "answers")];
			} finally {
				client.disconnect();
			}
		});
	}
}

async function compareClocks(db: Kysely<unknown>): Promise<readonly Finding[]> {
	const asked = Date.now();
	const { rows } = await sql<{ version: string; now: number }>`
		select current_setting('server_version') as version, extract(epoch from clock_timestamp())::float8 * 1000 as now`.execute(
		db,
	);
	const answered = Date.now();
	const [row] = rows;
	const found = ok("catalog", "PostgreSQL", `version ${row?.version} takes us in`);
	const skewMs = (asked + answered) / 2 - Number(row?.now);
	if (Math.abs(skewMs) - (answered - asked) / 2 < skewToTellMs) return [found];
	const says = `this host's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? "ahead of" : "behind"} the server's: jobs of others may seem abandoned`;
	return [found, warning("catalog", "clock", says, "Set the clock of the host that is wrong (NTP).")];
}

async function look(check: string, at: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
	try {
		return await at();
	} catch (thrown) {
		const { message, fix } = asWatchRabbitError(thrown);
		return [
			problem(check, "service", message, fix ?? `Check that the service of the key ${check} runs and can be reached.`),
		];
	}
}
