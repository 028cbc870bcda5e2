import amqp from "amqplib";

/** amqplib as its tutorial shows it: one event a message, confirms in windows, read by a consumer with a prefetch. */
export interface Bare {
	/** Publishes the bodies, the next window when the one before was confirmed; reads them all; ends when the last one was read. */
	carry(bodies: readonly Buffer[], windowOf: number): Promise<void>;
	close(): Promise<void>;
}

const stream = "bare.files";

export async function bareAmqplib(url: string): Promise<Bare> {
	const publishing = await amqp.connect(url);
	const consuming = await amqp.connect(url);
	const out = await publishing.createConfirmChannel();
	await out.assertQueue(stream, { durable: true, arguments: { "x-queue-type": "stream" } });
	const into = await consuming.createChannel();
	await into.prefetch(2_000);
	let awaited = 0;
	let read = 0;
	let done: () => void = () => {};
	await into.consume(
		stream,
		(message) => {
			if (message === null) return;
			into.ack(message);
			read++;
			if (read === awaited) done();
		},
		{ arguments: { "x-stream-offset": "next" } },
	);
	return {
		carry: async (bodies, windowOf) => {
			awaited = read + bodies.length;
			const allRead = new Promise<void>((resolve) => {
				done = resolve;
			});
			for (let from = 0; from < bodies.length; from += windowOf) {
				for (const body of bodies.slice(from, from + windowOf)) {
					out.publish("", stream, body, { persistent: true });
				}
				await out.waitForConfirms();
			}
			await allRead;
		},
		close: async () => {
			await publishing.close();
			await consuming.close();
		},
	};
}
