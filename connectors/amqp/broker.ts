import { AmqpConnection, type AmqpOptions } from "./connection.ts";

/**
 * A RabbitMQ, for everything in this process that uses it. A broker short of memory or disk stops reading from
 * connections that publish, acknowledgements included: what consumes has a connection of its own, and works on.
 */
export class AmqpBroker {
	readonly publishing: AmqpConnection;
	readonly consuming: AmqpConnection;

	/** Connects to nothing yet. */
	constructor(options: AmqpOptions) {
		this.publishing = new AmqpConnection(options, "publishes");
		this.consuming = new AmqpConnection(options, "consumes");
	}

	/** After the logs and queues that use it. */
	async close(): Promise<void> {
		await Promise.all([this.publishing.close(), this.consuming.close()]);
	}
}
