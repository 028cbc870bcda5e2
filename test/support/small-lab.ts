import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pc from "picocolors";
import { operate } from "#app/operate.ts";
import { openCatalog } from "#catalog/catalog.ts";
import type { Application, Workbench } from "#cli/application.ts";
import { createProgram } from "#cli/program.ts";
import type { Terminal } from "#cli/terminal.ts";
import { watchMode } from "#connectors/file/file-system-type.ts";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import { systemClock } from "#core/clock.ts";
import { permanent } from "#core/errors.ts";
import type { AnalysisRecord } from "#core/ports/analysis-pool.ts";
import type { ClaimedJob, JobPlan } from "#core/ports/catalog.ts";
import { untraced } from "#core/ports/tracer.ts";
import { openAccess } from "#domain/access-settings.ts";
import type { Acquisition, Member } from "#domain/acquisition.ts";
import { quietAlerts } from "#domain/alert-settings.ts";
import type { FileStat } from "#domain/file-state.ts";
import { defaultObjectives } from "#domain/objectives.ts";
import { filesLog, placesIn } from "#domain/places.ts";
import type { Settings, SourceSettings } from "#domain/settings.ts";
import { findProgram } from "#r-workers/find-program.ts";
import { applyOutcomes } from "#runtime/outcomes.ts";
import { storeResult } from "#runtime/store-result.ts";
import { plan, traceparent } from "./acquisitions.ts";
import { embedded, loopback, noServices } from "./embedded.ts";
import { nothingPaused } from "./nothing-paused.ts";
import { poolSettings } from "./pool-settings.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/**
 * The embedded state with a source "plates" and a pipeline "elisa", moved by hand one step at a time: what is there when
 * nothing runs, or when something was killed. The adapters are the real ones.
 */
export class SmallLab {
	readonly directory = temporaryDirectory();
	settings: Settings;
	readonly #open: Workbench[] = [];
	#events = 0;

	constructor(changes: Partial<SourceSettings> = {}) {
		const { path } = this.directory;
		const watch = join(path, "plates");
		mkdirSync(watch);
		this.settings = settingsOf(path, { ...sourceOf(watch), ...changes });
	}

	get root(): string {
		return this.settings.sources[0]?.watch ?? "";
	}

	async open(): Promise<Workbench> {
		const places = placesIn(this.settings.data);
		mkdirSync(this.settings.data, { recursive: true });
		const ledger = new SqliteLedger(places.ledger);
		const catalog = await openCatalog(new NodeSqliteDialect(places.catalog));
		const log = new SqliteEventLog(places.log);
		const queue = new SqliteWorkQueue(places.queue);
		const objects = new DirectoryObjectStore(places.objects);
		const close = async () => {
			if (!this.#open.includes(bench)) return;
			this.#open.splice(this.#open.indexOf(bench), 1);
			await Promise.all([catalog.close(), log.close(), queue.close(), objects.close()]);
			ledger.close();
		};
		const { settings } = this;
		const bench: Workbench = { settings, ledger, catalog, log, queue, objects, clock: systemClock, close };
		this.#open.push(bench);
		return bench;
	}

	async with<T>(work: (bench: Workbench) => Promise<T>): Promise<T> {
		const bench = await this.open();
		try {
			return await work(bench);
		} finally {
			await bench.close();
		}
	}

	async remove(): Promise<void> {
		for (const bench of [...this.#open]) await bench.close();
		this.directory.remove();
	}

	write(path: string, content: string): void {
		mkdirSync(dirname(join(this.root, path)), { recursive: true });
		writeFileSync(join(this.root, path), content);
	}

	/** What a scan does. */
	see({ ledger }: Workbench, path: string, at = Date.now()): void {
		const stat = statOf(join(this.root, path));
		ledger.observe("plates", [{ kind: "changed", path, stat, folder: undefined, at, wakeAt: at + 2_000 }]);
	}

	/** What the watch does: seen, found complete, published. */
	async settle(bench: Workbench, path: string): Promise<Acquisition> {
		const { ledger, log } = bench;
		this.see(bench, path);
		const entry = ledger.find("plates", path);
		if (entry === undefined) throw new Error(`${path} was not seen`);
		const member = memberOf(this.root, path);
		const now = Date.now();
		const acquisition: Acquisition = {
			source: "plates",
			key: path,
			kind: "file",
			members: [member],
			acquiredAt: now,
			settledAt: now,
			captures: {},
		};
		const id = `event-${++this.#events}`;
		await log.append([{ id, key: path, body: JSON.stringify(acquisition), traceparent }]);
		const { id: unit, generation } = entry;
		ledger.conclude([{ unit, generation, state: "settled", at: now, members: [member], event: id }]);
		return acquisition;
	}

	/** What the flow does: the acquisition and its job are in the catalog, and the job's hint is in the queue. */
	async takeIn({ catalog, log, queue }: Workbench, acquisition: Acquisition, note?: string): Promise<JobPlan> {
		const job = plan(acquisition);
		const arrival = {
			event: { id: `event-${this.#events}`, root: this.root, traceparent },
			acquisition,
			plans: note === undefined ? [job] : [],
			...(note === undefined ? {} : { note }),
		};
		const offset = await log.partitions[0].end();
		await catalog.commitIntake({ log: filesLog, offset, now: Date.now(), arrivals: [arrival] });
		await catalog.relay(100, (pool, items) => queue.enqueue(pool, items), Date.now());
		return job;
	}

	async claim({ catalog }: Workbench, job: string): Promise<ClaimedJob> {
		const claim = await catalog.claim(job, "worker-1", 30_000, Date.now());
		if (claim.kind !== "claimed") throw new Error(claim.why);
		return claim.job;
	}

	/** What a worker does, but for R. Gives the id of the result. */
	async complete(bench: Workbench, job: string, record: Partial<AnalysisRecord> = {}): Promise<string> {
		const claimed = await this.claim(bench, job);
		const stored = await this.store(bench, claimed, record);
		const commit = { job, token: claimed.token, now: Date.now(), ...stored };
		if (!(await bench.catalog.commitResult(commit))) throw new Error(`${job} was fenced out`);
		await this.drain(bench);
		await applyOutcomes({
			...bench,
			roots: new Map([["plates", this.root]]),
			standsBy: () => false,
			scan: async () => {},
			paused: nothingPaused,
			report: () => {},
			signal: new AbortController().signal,
		});
		return stored.manifest.result;
	}

	async store({ objects }: Workbench, job: ClaimedJob, record: Partial<AnalysisRecord> = {}) {
		const plot = join(this.directory.path, "plot.html");
		writeFileSync(plot, "<p>plot</p>");
		return await storeResult(
			objects,
			{
				job,
				acquisition: job.inputs[0].acquisition,
				record: { ...recordOf(plot), ...record },
				analysis: { file: job.plan.analysisFile, files: [] },
				startedAt: Date.now() - 200,
				completedAt: Date.now(),
			},
			job,
			untraced,
		);
	}

	async fail({ catalog }: Workbench, job: string): Promise<void> {
		const { token } = await this.claim({ catalog } as Workbench, job);
		await catalog.endAttempt({
			job,
			token,
			now: Date.now(),
			outcome: "failed",
			cause: {
				class: "permanent",
				code: "R_ERROR",
				message: "object 'od' not found",
				call: "mean(od)",
				traceback: ["mean(od)", "fit(plate)"],
			},
			log: "reading plate\nfitting\n",
			run: {
				engine: "fork",
				kind: "script",
				seed: 20261121,
				peakMemoryBytes: 180_000_000,
				warnings: ["In fit(plate) : 2 wells are empty"],
				r: {
					version: "4.2.2",
					platform: "x86_64-pc-linux-gnu",
					packages: { stats: "4.2.2" },
					sources: { stats: "base" },
				},
			},
			seconds: 0.2,
			worker: "worker-1",
			againAt: undefined,
		});
	}

	/** From disk to result. */
	async analyse(bench: Workbench, path: string, record: Partial<AnalysisRecord> = {}) {
		const acquisition = await this.settle(bench, path);
		const { id } = await this.takeIn(bench, acquisition);
		return { job: id, result: await this.complete(bench, id, record) };
	}

	/** Runs a command line against this lab as a pipe would see it. */
	async run(...argv: string[]) {
		const { terminal, printed } = paper(this.directory.path);
		const exitCode = await createProgram(this.application(), terminal).run(argv);
		return { exitCode, ...printed() };
	}

	application(): Application {
		const elsewhere = async () => {
			throw permanent("ELSEWHERE", "this needs the whole program");
		};
		const machine = { services: noServices, watchMode, findProgram: (name: string) => findProgram(name, process.env) };
		const [openStore, up, demo] = [elsewhere, elsewhere, elsewhere];
		return {
			open: () => this.open(),
			openStore,
			operate,
			up,
			demo,
			tryAnalysis: elsewhere,
			processes: elsewhere,
			machine,
		};
	}

	/** Takes every hint: the queue has no more. */
	async drain({ queue }: Workbench): Promise<void> {
		while ((await queue.depth("default")).waiting > 0) {
			const deliveries = await queue.take("default", 100, new AbortController().signal);
			for (const delivery of deliveries) await delivery.ack();
		}
	}
}

/** A terminal that keeps what is written to it. */
export function paper(directory: string, changes: Partial<Terminal> = {}) {
	const out: string[] = [];
	const err: string[] = [];
	const terminal: Terminal = {
		print: async (text) => void out.push(text),
		tell: (text) => void err.push(text),
		interactive: false,
		sideInteractive: false,
		columns: 80,
		colours: pc.createColors(false),
		sideColours: pc.createColors(false),
		directory,
		secret: async () => "",
		asks: false,
		...changes,
	};
	return { terminal, printed: () => ({ stdout: out.join(""), stderr: err.join("") }) };
}

function statOf(file: string): FileStat {
	const { size, mtimeNs, ctimeNs, ino } = lstatSync(file, { bigint: true });
	return { size: Number(size), mtimeNs, ctimeNs, inode: ino };
}

function memberOf(root: string, path: string): Member {
	const stat = statOf(join(root, path));
	return {
		path,
		size: stat.size,
		sha256: createHash("sha256")
			.update(readFileSync(join(root, path)))
			.digest("hex"),
		mtimeNs: String(stat.mtimeNs),
		ctimeNs: String(stat.ctimeNs),
		inode: String(stat.inode),
	};
}

function recordOf(plot: string): AnalysisRecord {
	const sha256 = createHash("sha256").update(readFileSync(plot)).digest("hex");
	return {
		outcome: "completed",
		cause: undefined,
		retryAfterMs: undefined,
		measurements: [{ name: "Asym", value: 2.345184736, unit: "OD", upper: 2.5 }],
		tables: [],
		artifacts: [{ name: "plots/fit.html", mediaType: "text/html", size: 11, sha256, file: plot }],
		warnings: [],
		log: "reading plate\nfitting\n",
		seconds: 0.2,
		peakMemoryBytes: null,
		engine: "fork",
		r: { version: "4.5.0", platform: "x86_64-pc-linux-gnu", packages: {} },
		seed: 1,
		kind: "script",
		stages: [],
	};
}

function sourceOf(watch: string): SourceSettings {
	return {
		name: "plates",
		watch,
		include: ["**/*.csv"],
		exclude: ["old/**"],
		acquisition: "file",
		folders: [],
		group: undefined,
		complete: { quietMs: 2_000, marker: [], rename: ["*.tmp"], footer: undefined, probe: "none", minBytes: 0 },
		archive: false,
		existing: "process",
		scanEveryMs: 60_000,
		mode: "auto",
		pollEveryMs: 1_000,
		kafka: undefined,
	};
}

function settingsOf(directory: string, source: SourceSettings): Settings {
	return {
		file: join(directory, "watchrabbit.yaml"),
		data: join(directory, "data"),
		http: loopback,
		operations: undefined,
		telemetry: { traces: undefined, logs: undefined },
		objectives: defaultObjectives,
		alerts: quietAlerts,
		projects: [],
		access: openAccess,
		graceMs: 10_000,
		services: embedded,
		sources: [source],
		pipelines: [],
		pools: [poolSettings()],
	};
}
