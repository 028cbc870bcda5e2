/**
 * Every metric, declared once: the page of metrics, the dashboards, the alerts and the instruments come from here. Names
 * follow Prometheus: base units, and `_total` for what only grows. `other` stands for names beyond a label's bound.
 */
export const metricCatalogue = {
	// What instruments write, and what becomes of it at the edge.
	changes: counter("changes", "Changes that were noticed on disk: new versions of files.", ["source"]),
	lastChange: gauge("source_last_change_timestamp", "seconds", "When the source was last seen to write.", ["source"]),
	usualGap: gauge(
		"source_usual_gap",
		"seconds",
		"The pause between two bursts of changes that 99 of 100 of the last fortnight's did not exceed. Absent until there were 20; looked up once a minute.",
		["source"],
	),
	sourceUp: gauge("source_up", undefined, "1 while the source is watched, by this host or another; 0 in trouble.", [
		"source",
	]),
	files: gauge("files", undefined, "Files known to the ledger of this host, by source and state.", ["source", "state"]),
	unaccounted: gauge(
		"unaccounted_files",
		undefined,
		"Files that the last full scan saw on disk, and the ledger did not know though they were written down, twice. Anything but 0 is a loss. Absent where another host watches.",
		["source"],
	),
	scanSeconds: seconds("scan", "One comparison of all of a source with the ledger.", ["source"]),
	settledFiles: counter("settled_files", "Files found complete.", ["source"]),
	settledBytes: counter("settled_bytes", "Bytes of files found complete.", ["source"]),
	refused: counter(
		"refused",
		"Files and folders put into quarantine, and groups that a member was missing of when their time was over.",
		["source", "code"],
	),
	settleSeconds: seconds("settle", "From the last change of an acquisition to its being found complete.", ["source"]),

	// Each step on the way, of every role.
	hopSeconds: seconds("hop", "One step on the way of an acquisition. Exemplars name its trace.", ["hop"]),

	// Between the log and the jobs.
	credits: gauge("credits", undefined, "Messages that a role may have on their way at once.", ["role"]),
	creditsInUse: gauge("credits_in_use", undefined, "Messages that a role has on their way.", ["role"]),
	watermark: gauge(
		"watermark_timestamp",
		"seconds",
		"When the acquisition was published up to which a partition of the log is resolved: all before it became jobs, or waits as a row. A quiet log leaves it where it is.",
		["partition"],
	),
	intakeSeconds: seconds("intake_commit", "One transaction that takes acquisitions in and makes their jobs.", []),
	jobsCreated: counter("jobs_created", "Jobs made for new content.", []),
	jobsLinked: counter("jobs_linked", "Acquisitions linked to a job that existed: same content, same analysis.", []),

	// Jobs, wherever they are.
	jobs: gauge(
		"jobs",
		undefined,
		"Jobs in the catalog, by state. Counted no more often than every twentyfold of what that takes.",
		["state"],
	),
	pipelineJobs: gauge(
		"pipeline_jobs",
		undefined,
		"Jobs in the catalog that are not at their end, by pipeline and state. Counted as those of all are.",
		["pipeline", "state"],
	),
	queueDepth: gauge(
		"queue_depth",
		undefined,
		"Work of a pool: hints that wait in its queue, and jobs that a worker of any process has leased, as the catalog knows.",
		["pool", "state"],
	),
	oldestWaiting: gauge(
		"oldest_waiting",
		"seconds",
		"Age of the oldest job that waits for a worker, by pool; 0 if none does.",
		["pool"],
	),
	sinkWaiting: gauge(
		"sink_waiting",
		"seconds",
		"How long ago happened what a service that is told onwards (`sink/kafka`, `sink/rabbitmq`) was not told of yet: the oldest of it, a change of a job or a result; 0 if it was told all.",
		["neighbour"],
	),
	deadLetters: counter("buried", "Messages that nobody could read, kept among the dead letters.", ["queue"]),
	attempts: counter("attempts", "Attempts that ended, by outcome.", ["pipeline", "outcome"]),
	failures: counter("failures", "Attempts that failed, by the code of their cause.", ["pipeline", "code"]),
	fenced: counter("fenced", "Attempts whose lease was lost to another worker: their work was dropped.", ["pool"]),
	runSeconds: seconds("run", "Wall-clock time of an analysis that completed.", ["pipeline"]),
	totalSeconds: seconds("total", "From an acquisition's settling to its committed result.", ["pipeline"]),
	objective: counter(
		"objective_results",
		"First results, by whether they were there within the target of `objectives.result` (within, late) or never came (dead). Not counted: replays of what had ended, what had lain for a day when it was found complete, and what a pipeline takes in that came later.",
		["outcome"],
	),

	// R.
	poolUp: gauge("pool_up", undefined, "1 while the pool takes work; 0 while its R starts or cannot start.", ["pool"]),
	poolWorkers: gauge("pool_workers", undefined, "Workers of a pool: running an analysis, or idle.", ["pool", "state"]),
	poolWaiting: gauge("pool_waiting_runs", undefined, "Runs that wait in this process for a worker of the pool.", [
		"pool",
	]),
	poolStartSeconds: seconds("pool_start", "From starting an R until it takes runs.", ["pool"]),
	poolRecycled: counter("pool_recycled", "Warm R that were replaced, by why: runs, memory, died.", ["pool", "why"]),
	runPeakMemory: histogram(
		"run_peak_memory",
		"bytes",
		"Most memory that a run took.",
		["pool"],
		[1e7, 3e7, 1e8, 2e8, 5e8, 1e9, 2e9, 5e9, 1e10, 3e10],
	),

	// Answers.
	requestSeconds: seconds("http_request", "Answers of the API, by route and status.", ["route", "status"]),
	cacheRequests: counter(
		"cache_requests",
		"Answers asked of the cache, by level (memory, redis) and outcome (hit, miss).",
		["level", "outcome"],
	),
	liveClients: gauge("live_clients", undefined, "Clients that follow what happens, by transport.", ["transport"]),
	liveSent: counter("live_events_sent", "Events sent to clients that follow: each to each.", []),
	liveLagSeconds: seconds(
		"live_lag",
		"From when the oldest of the events that are sent together happened until they were, where they are told as they happen.",
		[],
	),
	liveLeft: counter(
		"live_clients_left",
		"Clients that follow no more, by why: gone by themselves, slow, renewing, draining, unavailable. Those that were left resume by the id of their last event.",
		["why"],
	),

	// Neighbours, and the machine.
	neighbourUp: gauge("neighbour_up", undefined, "1 while the neighbour answers, 0 while it is away.", ["neighbour"]),
	neighbourSeconds: gauge(
		"neighbour_latency",
		"seconds",
		"How long the neighbour took to answer when it was last asked. Absent while it is away.",
		["neighbour"],
	),
	neighbourFailures: counter("neighbour_failures", "Calls to a neighbour that will be tried again.", ["neighbour"]),
	brokerBlocked: gauge("broker_blocked", undefined, "1 while the broker takes no messages (memory, disk), else 0.", []),
	diskFree: gauge(
		"disk_free",
		"bytes",
		"What may still be written where the state is, and where the sources are that the process watches. Looked up every 10 s.",
		["place"],
	),
	diskSize: gauge("disk_size", "bytes", "How large the file system is of what `disk_free` tells.", ["place"]),
	certificateEnd: gauge(
		"certificate_end_timestamp",
		"seconds",
		"When a certificate ends: our own for a service, or (` ca`) of those by which it is known the first, as the configuration names them, read at the start of the process, as it works with them; or (` server`) the one that it shows, looked at every hour.",
		["service"],
	),
	certificateLifetime: gauge(
		"certificate_lifetime",
		"seconds",
		"How long the certificate of `certificate_end` is good in all, from its start to its end.",
		["service"],
	),
	alerts: gauge("alerts_firing", undefined, "Alerts that this process evaluates itself: 1 while one fires.", [
		"alert",
		"severity",
	]),
	telemetryDropped: counter("telemetry_dropped", "Spans and log records that no collector took.", ["signal"]),
	roleUp: gauge("role_up", undefined, "1 while the role works; 0 while it starts, drains, or is broken.", ["role"]),
	build: gauge("build_info", undefined, "Always 1: which version runs, on which Node and system.", [
		"version",
		"node",
		"system",
	]),
};

export type MetricCatalogue = typeof metricCatalogue;
export type MetricDeclaration = MetricCatalogue[keyof MetricCatalogue];

function counter<L extends string>(name: string, help: string, labels: readonly L[]) {
	return { kind: "counter" as const, name: `watchrabbit_${name}_total`, unit: undefined, help, labels };
}

function gauge<L extends string>(name: string, unit: string | undefined, help: string, labels: readonly L[]) {
	return { kind: "gauge" as const, name: withUnit(name, unit), unit, help, labels };
}

function histogram<L extends string>(
	name: string,
	unit: string,
	help: string,
	labels: readonly L[],
	buckets: readonly number[],
) {
	return { kind: "histogram" as const, name: withUnit(name, unit), unit, help, labels, buckets };
}

function seconds<L extends string>(name: string, help: string, labels: readonly L[]) {
	const fromMillisecondToHour = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600];
	return histogram(name, "seconds", help, labels, fromMillisecondToHour);
}

function withUnit(name: string, unit: string | undefined): string {
	return unit === undefined ? `watchrabbit_${name}` : `watchrabbit_${name}_${unit}`;
}
