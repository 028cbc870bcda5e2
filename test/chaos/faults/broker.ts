import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "#test/support/product.ts";
import type { Fault } from "./fault.ts";

const alarmMs = 5_000;
const mostMsAway = 3_000;
const firstSecondsMs = 2_000;

/** More than any disk has. */
const petabyte = "1000000000000000";
/** The partitions of a lab. */
const streams = ["watchrabbit.files", "watchrabbit.files.1"];
const freeLimit = "50MB";
const highWatermark = "1GB";

export const brokerFaults: readonly Fault[] = [
	{
		name: "broker.restart",
		run: async ({ services }, random) => {
			await services.direct.rabbitMq.kill();
			await pause(random() * mostMsAway);
			await services.direct.rabbitMq.startAgain();
		},
	},
	{
		name: "broker.stop",
		slow: true,
		run: async ({ services, outageMs }) => {
			await services.direct.rabbitMq.kill();
			await pause(outageMs);
			await services.direct.rabbitMq.startAgain();
		},
	},
	{
		name: "broker.delete-stream",
		run: async ({ services, at }, random) => {
			const stream = streams[Math.floor(random() * streams.length)] as string;
			const { rabbitMq } = services.direct;
			await rabbitMq.ask("delete_queue", "--vhost", at.virtualHost, stream);
			await eventually(
				async () => (await namesOfQueues()).includes(stream) || undefined,
				() => `${stream} is made anew`,
			);
			// RabbitMQ 3.10 never finds a stream again in whose first second it was killed.
			await pause(firstSecondsMs);

			async function namesOfQueues(): Promise<readonly string[]> {
				return (await rabbitMq.ask("list_queues", "--vhost", at.virtualHost, "name")).split("\n");
			}
		},
	},
	{
		name: "broker.disk-alarm",
		run: async ({ services }) => {
			const { rabbitMq } = services.direct;
			await rabbitMq.ask("set_disk_free_limit", petabyte);
			await pause(alarmMs);
			await rabbitMq.ask("set_disk_free_limit", freeLimit);
		},
	},
	{
		name: "broker.memory-alarm",
		run: async ({ services }) => {
			const { rabbitMq } = services.direct;
			await rabbitMq.ask("set_vm_memory_high_watermark", "absolute", "1");
			await pause(alarmMs);
			await rabbitMq.ask("set_vm_memory_high_watermark", "absolute", highWatermark);
		},
	},
];
