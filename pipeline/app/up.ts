import { hostname } from "node:os";
import type { Role, UpOptions } from "#cli/application.ts";
import { processTerminal } from "#cli/terminal.ts";
import { type Loaded, loadSettings } from "#config/load.ts";
import { systemClock } from "#core/clock.ts";
import { asWatchRabbitError, WatchRabbitError } from "#core/errors.ts";
import { version } from "#core/version.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { createReport } from "#observability/events.ts";
import type { Health } from "#observability/health.ts";
import { LogLevels } from "#observability/log-levels.ts";
import { createLogger, logLevel } from "#observability/logger.ts";
import type { Metrics } from "#observability/metrics.ts";
import { sweepOrphans } from "#r-workers/sweep.ts";
import { persist } from "#runtime/persist.ts";
import { identifying, refuseUnknown } from "./access.ts";
import { awaitState } from "./await-state.ts";
import { End } from "./end.ts";
import { untilIdle } from "./idle.ts";
import { lookAround } from "./neighbours.ts";
import { openObserving } from "./observing.ts";
import { Running, type Surroundings } from "./running.ts";
import { sentLogs } from "./sent-logs.ts";
import { cacheOf } from "./services.ts";
import type { State } from "./state.ts";
import { Told } from "./told.ts";
import { openTracing } from "./tracing.ts";
import { takeWorkplace, type Workplace } from "./workplace.ts";

/** A file that is still being written shows itself within its source's quiet time, and this. */
const idleMarginMs = 500;

/** The command `up`: the log is its output. */
export async function up(options: UpOptions): Promise<number> {
	const loaded = await loadSettings(options.config, process.env);
	const observing = openObserving(options, loaded.settings);
	const sent = sentLogs(loaded.settings, options.roles);
	const logger = createLogger({
		...(sent && { copy: sent.copy }),
		level: logLevel(process.env),
		pretty: !options.json && process.stderr.isTTY === true,
		colours: processTerminal().sideColours.isColorSupported,
		process: { host: hostname(), pid: process.pid, roles: options.roles.join(), version: version() },
	});
	for (const warning of loaded.warnings) logger.warn(warning);
	const levels = new LogLevels(logger, systemClock);
	const knock = () => levels.knock();
	process.on("SIGUSR2", knock);
	for (const line of observing?.lines ?? []) logger.info(line);
	const exitCode = await run(loaded, {
		...options,
		levels,
		onServed: (address, installation) => observing?.served(address, installation),
		observe: (health, metrics) => {
			const report = createReport({ logger, health, metrics });
			sent?.tell(report);
			return report;
		},
		onEnding: () => logger.info("ending: what has begun is finished first"),
		atWork: async ({ address }) => {
			const roles = options.roles.join(", ");
			const asks = loaded.settings.access.required ? "" : ", and asks nobody on this machine who he is";
			const api = address === undefined ? "" : `; the API is at ${address}/api/v1/results${asks}`;
			logger.info({ address }, `at work: ${roles}${api}`);
		},
	}).finally(() => {
		observing?.ended((message) => logger.warn(message));
		process.off("SIGUSR2", knock);
		levels.close();
	});
	logger.info(exitCode === 0 ? "ended" : "ended, and there are dead jobs or messages: watchrabbit list dead");
	// Of a run that threw nothing waits: what it threw is told by the command.
	await sent?.close();
	return exitCode;
}

export interface RunOptions {
	readonly roles: readonly Role[];
	/** End when nothing is left to do. */
	readonly untilIdle: boolean;
	readonly observe: (health: Health, metrics: Metrics) => Report;
	/** Of the log. */
	readonly levels: LogLevels;
	/** What goes on while the roles work; the state stays open until it is over. */
	readonly atWork: (work: AtWork) => Promise<void>;
	/** Where health and metrics are told, also when only they are. */
	readonly onServed?: (address: string, installation: string) => void;
	/** When the end has come, and before what has begun is finished. */
	readonly onEnding: () => void;
	/** Ends the run as a signal does. */
	readonly done?: AbortSignal;
}

export interface AtWork {
	/** The API's, where it is served. */
	readonly address: string | undefined;
	readonly state: State;
	/** Resolves when nothing is left to do; to false when the end comes before. Rejects with why something waits for a person. */
	readonly idle: () => Promise<boolean>;
	readonly ending: AbortSignal;
}

/**
 * Runs the roles until they are idle (if asked to), a signal comes, or one is broken; then drains.
 *
 * @returns 0, or 1 when the end is idle and a job is dead, or a message was kept as a dead letter meanwhile, by whomever
 * @throws WatchRabbitError DATA_IN_USE, PORT_IN_USE, ACCESS_NOBODY, DATABASE_*, what broke a role, what is stuck when all else is done, SHARE_AWAY
 */
export async function run(loaded: Loaded, options: RunOptions): Promise<number> {
	const taken = await takeWorkplace(loaded.settings, options.roles);
	const end = new End(options.done ?? new AbortController().signal);
	const over = new AbortController();
	try {
		await sweepOrphans(taken.installation);
		const note = (address: string) => {
			taken.served(address);
			options.onServed?.(address, taken.installation);
		};
		/** A full disk keeps nobody from work: it is noted once there is room. */
		const served = (address: string) => {
			persist("disk", () => note(address), { clock: systemClock, report: told.report, signal: over.signal }).catch(
				(thrown: unknown) => over.signal.aborted || end.broken(asWatchRabbitError(thrown)),
			);
		};
		const workplace = { ...taken, served };
		const told = new Told(loaded.settings, options, workplace);
		told.alerts.start();
		try {
			return await runTold(told, loaded, options, workplace, end);
		} finally {
			await told.alerts.stop();
		}
	} finally {
		over.abort();
		end.forget();
		taken.leave();
	}
}

async function runTold(told: Told, loaded: Loaded, options: RunOptions, workplace: Workplace, end: End) {
	const state = await awaitState(loaded.settings, options.roles, told, end.signal);
	if (state === undefined) {
		if (end.error !== undefined) throw end.error;
		return 0;
	}
	try {
		if (options.roles.includes("serve")) await refuseUnknown(loaded.settings, state);
		told.samplers.state = state;
		// What fails from now on is seen to grow from here.
		await told.alerts.look();
		const cache = await cacheOf(loaded.settings, options.roles, told.report);
		const looks = lookAround(loaded.settings, options.roles, state, cache, told, (error) => end.broken(error));
		try {
			return await runIn({ state, cache, workplace }, loaded, options, told, end);
		} finally {
			await looks.stop();
			await cache.close();
		}
	} finally {
		await state.close();
	}
}

async function runIn(
	{ state, cache, workplace }: Pick<Surroundings, "state" | "cache" | "workplace">,
	{ settings, customStages }: Loaded,
	options: RunOptions,
	told: Told,
	end: End,
): Promise<number> {
	const { health, metrics, levels, alerts, report } = told;
	const onBroken = end.broken.bind(end);
	const tracing = openTracing(settings, options.roles, told);
	const running = new Running({
		settings,
		customStages,
		roles: options.roles,
		state,
		cache,
		workplace,
		clock: systemClock,
		report,
		metrics,
		health,
		levels,
		alerts,
		tracer: tracing.tracer,
		onBroken,
		...(options.roles.includes("serve") && (await identifying(settings, state, report))),
	});
	told.samplers.running = running;
	const idle = async () => {
		await untilIdle(() => running.rest.idle(end.signal), quietMs(settings), systemClock, end.signal);
		if (end.signal.aborted) return false;
		const why = await running.rest.stuck();
		if (why !== undefined) throw why;
		return true;
	};
	let atWork = Promise.resolve();
	const begin = async () => {
		const address = await running.start();
		if (end.signal.aborted) return;
		atWork = options.atWork({ address, state, idle, ending: end.signal }).catch((thrown: unknown) => {
			end.broken(asWatchRabbitError(thrown));
		});
	};
	const lastBuried = async () => {
		const { clock } = state;
		const last = () => state.queue.lastDeadLetter();
		return await persist("work queue", last, { clock, report, signal: end.signal }).catch((thrown) => {
			if (!end.signal.aborted) throw thrown;
		});
	};
	let buried = false;
	const atRest = async () => {
		const before = await lastBuried();
		const over = new AbortController();
		const signal = AbortSignal.any([end.signal, over.signal]);
		const standstill = told.standstill.come(quietMs(settings), signal, (jobsAway) =>
			running.rest.goesOn(jobsAway, signal),
		);
		const why = await Promise.race([begin().then(idle), standstill]).finally(() => over.abort());
		if (why instanceof WatchRabbitError) throw why;
		buried = (await lastBuried()) !== before;
	};
	try {
		await (options.untilIdle ? atRest() : Promise.race([begin().then(() => end.come), end.come]));
	} finally {
		options.onEnding();
		await running.drain(settings.graceMs);
		await atWork;
		await tracing.close();
	}
	if (end.error !== undefined) throw end.error;
	return options.untilIdle && (buried || (await state.catalog.countJobs()).dead > 0) ? 1 : 0;
}

function quietMs({ sources }: Settings): number {
	return Math.max(0, ...sources.map(({ complete }) => complete.quietMs)) + idleMarginMs;
}
