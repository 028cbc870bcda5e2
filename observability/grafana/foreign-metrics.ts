/** Names of metrics that are not ours: those that every program of Node has by prom-client, and RabbitMQ's, by its plugin. */
export const nodeMetrics = {
	cpu: "process_cpu_seconds_total",
	resident: "process_resident_memory_bytes",
	started: "process_start_time_seconds",
	descriptors: "process_open_fds",
	heapUsed: "nodejs_heap_size_used_bytes",
	loopDelay: "nodejs_eventloop_lag_p99_seconds",
	collecting: "nodejs_gc_duration_seconds_sum",
} as const;

/** `detailed`: of /metrics/detailed, which tells of each queue by itself. */
export const rabbitMetrics = {
	ready: "rabbitmq_detailed_queue_messages_ready",
	unacknowledged: "rabbitmq_detailed_queue_messages_unacked",
	consumers: "rabbitmq_detailed_queue_consumers",
	published: "rabbitmq_global_messages_received_total",
	delivered: "rabbitmq_global_messages_delivered_total",
	memory: "rabbitmq_process_resident_memory_bytes",
	memoryLimit: "rabbitmq_resident_memory_limit_bytes",
	disk: "rabbitmq_disk_space_available_bytes",
	diskLimit: "rabbitmq_disk_space_available_limit_bytes",
	connections: "rabbitmq_connections",
	channels: "rabbitmq_channels",
} as const;

/** Prometheus' own. */
export const alertsSeries = "ALERTS";
