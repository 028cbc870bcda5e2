/** Of the dashboards, by which they link to one another and people have bookmarked them. */
export const uids = {
	overview: "watchrabbit-overview",
	instruments: "watchrabbit-instruments",
	pipelines: "watchrabbit-pipelines",
	queues: "watchrabbit-queues",
	rPools: "watchrabbit-r-pools",
	api: "watchrabbit-api",
	lossLedger: "watchrabbit-loss-ledger",
} as const;
