import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { openPostgres } from "#app/services.ts";
import { MemoryWorkQueue } from "#connectors/memory/work-queue.ts";
import { type Clock, systemClock } from "#core/clock.ts";
import { untraced } from "#core/ports/tracer.ts";
import { Dispatch } from "#runtime/dispatch.ts";
import { Moved } from "#runtime/moved.ts";
import { acquisition, arrival, intake, plan } from "#test/support/acquisitions.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";

type Host = Awaited<ReturnType<typeof openPostgres>>;

describeWith("postgres", "processes over one PostgreSQL", () => {
	let server: PostgresServer;
	let url: string;
	let here: Host;
	let there: Host;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());
	beforeEach(async () => {
		url = await server.createDatabase();
		const settings = { url, connections: 4, statementTimeoutMs: 10_000, tls: undefined };
		here = await openPostgres(settings, systemClock);
		there = await openPostgres(settings, systemClock);
	});
	afterEach(async () => {
		await Promise.all([here.close(), there.close()]);
		await listeners(0);
	});

	async function listeners(count: number) {
		const listening =
			"select 1 from pg_stat_activity where query = 'listen watchrabbit' and datname = current_database()";
		await vi.waitFor(async () => expect(await administer(url, listening)).toHaveLength(count), { timeout: 20_000 });
	}

	/** Time does not pass for it: it looks when it is rung, and never by itself. */
	const still: Clock = { now: Date.now, monotonic: () => 0, after: () => () => {} };

	it("wake one another's dispatch when jobs were committed", async () => {
		const queue = new MemoryWorkQueue();
		const onBroken = (error: Error) => expect.unreachable(error.message);
		const objects = { list: async function* () {} } as never;
		const moved = new Moved(["dispatch"], there.wakeUp).of("dispatch");
		const dispatch = new Dispatch({
			...there,
			clock: still,
			queue,
			objects,
			report: () => {},
			tracer: untraced,
			moved,
			onBroken,
		});
		dispatch.start();
		const ringing = new Moved(["dispatch", "outcomes"], here.wakeUp);
		await listeners(2);
		for (const name of ["a", "b"]) {
			const plate = acquisition(name, name);
			await here.catalog.commitIntake(intake([arrival(plate)]));
			ringing.ring();
			const [delivery] = await queue.take("default", 1, AbortSignal.timeout(15_000));
			expect(delivery?.item.jobId).toBe(plan(plate).id);
			await delivery?.ack();
		}
		await dispatch.stop();
		await queue.close();
	});

	it("have no connection for it where nobody waits", async () => {
		await here.catalog.countJobs();
		new Moved([], here.wakeUp).ring();
		await listeners(0);
	});
});
