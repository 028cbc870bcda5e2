import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Takes mail over SMTP, without TLS and without asking who sends it. */
export class MailServer {
	/** Each with its headers, as it was sent. */
	readonly received: string[] = [];
	readonly #sockets = new Set<Socket>();
	readonly #server = createServer((socket) => this.#talk(socket));

	static async start(): Promise<MailServer> {
		const server = new MailServer();
		server.#server.listen(0, "127.0.0.1");
		await once(server.#server, "listening");
		return server;
	}

	get address(): string {
		return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
		await once(this.#server, "close");
	}

	#talk(socket: Socket): void {
		this.#sockets.add(socket);
		socket.once("close", () => this.#sockets.delete(socket));
		let unread = "";
		let mail: string[] | undefined;
		const say = (line: string) => socket.write(`${line}\r\n`);
		say("220 mail");
		socket.setEncoding("utf8").on("data", (text: string) => {
			const lines = (unread + text).split("\r\n");
			unread = lines.pop() ?? "";
			for (const line of lines) {
				if (mail !== undefined && line !== ".") mail.push(line);
				else if (mail !== undefined) {
					this.received.push(mail.join("\n"));
					mail = undefined;
					say("250 taken");
				} else if (line === "DATA") {
					mail = [];
					say("354 go on");
				} else if (line === "QUIT") socket.end("221 bye\r\n");
				else say("250 ok");
			}
		});
	}
}
