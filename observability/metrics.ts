import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type FileState, fileStates } from "#domain/file-state.ts";
import { type JobState, jobStates } from "#domain/job.ts";

/** What is counted when somebody asks, not when it happens. */
export interface StateSource {
	/** Of the sources that this host watches. */
	files(): Promise<ReadonlyMap<FileState, number>>;
	jobs(): Promise<Readonly<Record<JobState, number>>>;
	/** By pool. */
	queues(): Promise<ReadonlyMap<string, { readonly waiting: number; readonly leased: number }>>;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** From a millisecond to an hour. */
const secondsBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600];

/** Every metric, declared once: name with its unit, help, labels. */
export function createMetrics(state: StateSource) {
	const registry = new Registry();
	const registers = [registry];
	collectDefaultMetrics({ register: registry });
	declareStates(registry, state);

	const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
		new Counter({ name: `watchrabbit_${name}_total`, help, labelNames, registers });
	const seconds = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
		new Histogram({ name: `watchrabbit_${name}_seconds`, help, labelNames, buckets: secondsBuckets, registers });

	return {
		registry,
		settledFiles: counter("settled_files", "Files found complete.", ["source"]),
		settledBytes: counter("settled_bytes", "Bytes of files found complete.", ["source"]),
		refused: counter("refused", "Files and folders put into quarantine.", ["source", "code"]),
		jobsCreated: counter("jobs_created", "Jobs made for new content.", []),
		jobsLinked: counter("jobs_linked", "Acquisitions linked to a job that existed: same content, same analysis.", []),
		attempts: counter("attempts", "Attempts that ended, by outcome.", ["pipeline", "outcome"]),
		fenced: counter("fenced", "Attempts whose lease was lost to another worker: their work was dropped.", ["pool"]),
		buried: counter("buried", "Messages that nobody could read, kept among the dead letters.", ["queue"]),
		neighbourFailures: counter("neighbour_failures", "Calls to a neighbour that will be tried again.", ["neighbour"]),
		settleSeconds: seconds("settle", "From the last change of an acquisition to its being found complete.", ["source"]),
		intakeSeconds: seconds("intake_commit", "One transaction that takes acquisitions in and makes their jobs.", []),
		runSeconds: seconds("run", "Wall-clock time of an analysis that completed.", ["pipeline"]),
		totalSeconds: seconds("total", "From an acquisition's settling to its committed result.", ["pipeline"]),
		requestSeconds: seconds("http_request", "Answers of the API, by route and status.", ["route", "status"]),
	};
}

function declareStates(registry: Registry, state: StateSource): void {
	const registers = [registry];
	new Gauge({
		name: "watchrabbit_files",
		help: "Files known to the ledger, by state, of sources that this host watches.",
		labelNames: ["state"],
		registers,
		collect() {
			return sample(this, async () => {
				const counts = await state.files();
				for (const name of fileStates) this.set({ state: name }, counts.get(name) ?? 0);
			});
		},
	});
	new Gauge({
		name: "watchrabbit_jobs",
		help: "Jobs in the catalog, by state.",
		labelNames: ["state"],
		registers,
		collect() {
			return sample(this, async () => {
				const counts = await state.jobs();
				for (const name of jobStates) this.set({ state: name }, counts[name]);
			});
		},
	});
	new Gauge({
		name: "watchrabbit_queue_depth",
		help: "Hints of work in a pool's queue: waiting, and leased by a worker.",
		labelNames: ["pool", "state"],
		registers,
		collect() {
			return sample(this, async () => {
				for (const [pool, { waiting, leased }] of await state.queues()) {
					this.set({ pool, state: "waiting" }, waiting);
					this.set({ pool, state: "leased" }, leased);
				}
			});
		},
	});
}

/** A neighbour that is away leaves its series out; the others are still told. Health says who is away. */
async function sample(gauge: { reset(): void }, take: () => Promise<void>): Promise<void> {
	try {
		await take();
	} catch {
		gauge.reset();
	}
}
