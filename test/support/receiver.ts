import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
	readonly path: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
}

/** An HTTP server that takes what it is sent, and answers as it is told to. */
export class Receiver {
	readonly received: Received[] = [];
	/** Status of the next answers. */
	answers = 200;
	readonly #server = createServer((request, response) => {
		const parts: Buffer[] = [];
		request.on("data", (part: Buffer) => parts.push(part));
		request.on("end", () => {
			this.received.push({
				path: request.url ?? "",
				headers: request.headers,
				body: Buffer.concat(parts).toString(),
			});
			response.writeHead(this.answers).end("ok");
		});
	});

	static async start(): Promise<Receiver> {
		const receiver = new Receiver();
		receiver.#server.listen(0, "127.0.0.1");
		await once(receiver.#server, "listening");
		return receiver;
	}

	get address(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** What was sent as JSON, in order. */
	messages<T>(path = "/"): T[] {
		return this.received.filter((each) => each.path === path).map(({ body }) => JSON.parse(body) as T);
	}

	async stop(): Promise<void> {
		this.#server.closeAllConnections();
		this.#server.close();
		await once(this.#server, "close");
	}
}
