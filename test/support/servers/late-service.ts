import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "./free-port.ts";

/** Another address of a server, where nobody listens until it is told to begin: also of one that is not the test's own. */
export class LateService {
	/** The server's, with our host and port in place of its own. */
	readonly url: string;
	readonly #server: Server;
	readonly #port: number;
	readonly #sockets = new Set<Socket>();

	private constructor(url: URL, port: number, defaultPort: number) {
		const there = { host: url.hostname, port: Number(url.port || defaultPort) };
		const late = new URL(url);
		late.host = `127.0.0.1:${port}`;
		this.url = late.href;
		this.#port = port;
		this.#server = createServer((near) => {
			const far = connect(there);
			for (const [from, to] of [[near, far] as const, [far, near] as const]) {
				this.#sockets.add(from);
				from.on("error", () => to.destroy()).on("close", () => this.#sockets.delete(from) && to.destroy());
				from.pipe(to);
			}
		});
	}

	static async of(url: string, defaultPort: number): Promise<LateService> {
		return new LateService(new URL(url), await freePort(), defaultPort);
	}

	async begin(): Promise<void> {
		this.#server.listen(this.#port, "127.0.0.1");
		await once(this.#server, "listening");
	}

	async end(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		if (!this.#server.listening) return;
		this.#server.close();
		await once(this.#server, "close");
	}
}
