import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What becomes of a request, or of its answer. */
export type Fault =
	/** Answered by the proxy, with an error unless it has no code; the server never hears of it. */
	| { readonly kind: "answer"; readonly status: number; readonly code?: string }
	/** Never answered; the server never hears of it. */
	| { readonly kind: "hang" }
	/** The server did it, and nobody hears of that. */
	| { readonly kind: "reset-after-success" }
	/** Half of the answer's body comes, then the connection ends, or nothing more. */
	| { readonly kind: "cut" | "stall" }
	/** A byte of the answer's body is another. */
	| { readonly kind: "damage" }
	/** The server's clock is another. */
	| { readonly kind: "date"; readonly date: Date };

export interface SeenRequest {
	readonly method: string;
	readonly url: string;
	readonly headers: IncomingHttpHeaders;
}

/** An HTTP proxy in front of a real S3 server, as unreliable as it is told to be. Requests keep their host, which is signed. */
export class S3FaultProxy {
	readonly seen: SeenRequest[] = [];
	readonly #target: URL;
	readonly #server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));
	readonly #sockets = new Set<Socket>();
	#faults: { readonly fault: Fault; readonly hits: (seen: SeenRequest) => boolean; left: number }[] = [];

	constructor(target: string) {
		this.#target = new URL(target);
		this.#server.on("connection", (socket) => {
			this.#sockets.add(socket);
			socket.once("close", () => this.#sockets.delete(socket));
		});
	}

	async start(): Promise<string> {
		this.#server.listen(0, "127.0.0.1");
		await once(this.#server, "listening");
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** The next requests that `hits` picks. */
	fail(fault: Fault, times = Number.POSITIVE_INFINITY, hits: (seen: SeenRequest) => boolean = () => true): void {
		this.#faults.push({ fault, hits, left: times });
	}

	heal(): void {
		this.#faults = [];
	}

	/** Connections that its clients hold open. */
	get connections(): number {
		return this.#sockets.size;
	}

	async stop(): Promise<void> {
		this.#server.close();
		this.#server.closeAllConnections();
		if (this.#server.listening) await once(this.#server, "close");
	}

	async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
		const { method = "", url = "", headers } = incoming;
		const seen = { method, url, headers };
		this.seen.push(seen);
		const planned = this.#faults.find(({ left, hits }) => left > 0 && hits(seen));
		if (planned) planned.left--;
		const fault = planned?.fault;
		const body = await collected(incoming).catch(() => undefined);
		if (body === undefined || fault?.kind === "hang") return;
		if (fault?.kind === "answer") return answerAsTold(outgoing, fault);
		const { hostname, port } = this.#target;
		const forwarded = request({ hostname, port, method, path: url, headers, agent: false });
		forwarded.end(body);
		const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
		pass(answer, await collected(answer), outgoing, fault);
	}
}

function answerAsTold(outgoing: ServerResponse, { status, code }: Extract<Fault, { kind: "answer" }>): void {
	outgoing.writeHead(status, { "content-type": "application/xml" });
	outgoing.end(code && `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`);
}

function pass(answer: IncomingMessage, body: Buffer, outgoing: ServerResponse, fault: Fault | undefined): void {
	if (fault?.kind === "reset-after-success") {
		outgoing.destroy();
		return;
	}
	const headers = { ...answer.headers };
	if (fault?.kind === "date") headers.date = fault.date.toUTCString();
	outgoing.writeHead(answer.statusCode ?? 500, headers);
	if (fault?.kind === "damage") body[0] = ~(body[0] ?? 0) & 0xff;
	if (fault?.kind !== "cut" && fault?.kind !== "stall") {
		outgoing.end(body);
		return;
	}
	outgoing.write(body.subarray(0, body.length >> 1), () => {
		if (fault.kind === "cut") outgoing.destroy();
	});
}

async function collected(message: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of message) chunks.push(chunk);
	return Buffer.concat(chunks);
}
