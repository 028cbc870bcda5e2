import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import { permanent } from "#core/errors.ts";
import { type LiveEvent, messageOf } from "./live-event.ts";
import type { Notice, Wire } from "./wire.ts";

const server = new WebSocketServer({
	noServer: true,
	clientTracking: false,
	perMessageDeflate: false,
	maxPayload: 1_024,
});
/** RFC 6455 and its registry: try again later. */
const comeAgain = 1013;

const upgrades = new WeakMap<IncomingMessage, { readonly socket: Socket; readonly head: Buffer }>();

/** What is to become a WebSocket goes the way of all requests: it is identified, authorised and refused like them. */
export function takeUpgrades(app: FastifyInstance, path: string): void {
	const http: Server & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean } = app.server as Server;
	// Whoever offers another protocol, or this one elsewhere, is answered in HTTP (RFC 9110, 7.8).
	http.shouldUpgradeCallback = ({ url, headers }) =>
		url?.split("?")[0] === path && headers.upgrade?.toLowerCase() === "websocket";
	http.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
		upgrades.set(request, { socket, head });
		socket.on("error", () => {});
		const response = new ServerResponse(request);
		response.shouldKeepAlive = false;
		response.assignSocket(socket);
		response.on("finish", () => socket.end());
		app.routing(request, response);
	});
}

export function wantsWebSocket({ raw }: FastifyRequest): boolean {
	return upgrades.has(raw);
}

/**
 * A browser sends its cookies to whatever page asks for a WebSocket: only pages of this server may, and of those `others`
 * that may ask for the rest as well.
 *
 * @throws WatchRabbitError FOREIGN_ORIGIN (permanent)
 */
export function refuseForeignOrigin({ headers: { origin, host } }: FastifyRequest, others: readonly string[]): void {
	if (origin === undefined || others.includes(origin)) return;
	if (URL.canParse(origin) && new URL(origin).host === host) return;
	throw permanent("FOREIGN_ORIGIN", `a page of ${origin} asks for a WebSocket of ${host}`, {
		fix: "Ask from a page of this server, or from a program that sends no Origin.",
	});
}

/** A WebSocket, as RFC 6455 has it: each message is JSON. */
export class SocketWire implements Wire {
	readonly #socket: WebSocket;
	#answered = true;

	constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.on("error", () => {});
		socket.on("pong", () => {
			this.#answered = true;
		});
	}

	/** Answers; a handshake that is none is answered by the library. @throws WatchRabbitError REQUEST_INVALID (permanent) */
	static open({ raw }: FastifyRequest, reply: FastifyReply): Promise<SocketWire> {
		const { socket, head } = upgrades.get(raw) as { readonly socket: Socket; readonly head: Buffer };
		reply.hijack();
		reply.raw.detachSocket(socket);
		return new Promise((resolve, reject) => {
			// It never calls back where the handshake is refused, or who asked for it has gone meanwhile.
			const refused = () => reject(permanent("REQUEST_INVALID", "no WebSocket came of it"));
			if (socket.destroyed) refused();
			socket.once("close", refused);
			server.handleUpgrade(raw, socket, head, (opened) => {
				socket.off("close", refused);
				resolve(new SocketWire(opened));
			});
		});
	}

	send(events: readonly LiveEvent[]): void {
		for (const { message } of events) this.#socket.send(message);
	}

	tell(notice: Notice, data: object, id?: number): void {
		this.#socket.send(messageOf(notice, JSON.stringify(data), id));
	}

	/** Who did not answer the one before is gone. */
	beat(upTo: number): void {
		if (!this.#answered) {
			this.destroy();
			return;
		}
		this.#answered = false;
		this.#socket.send(messageOf("heartbeat", "{}", upTo));
		this.#socket.ping();
	}

	get waiting(): number {
		return this.#socket.bufferedAmount;
	}

	taken(): Promise<void> {
		return new Promise((resolve) => this.#socket.ping(undefined, undefined, () => resolve()));
	}

	end(): void {
		this.#socket.close(comeAgain, "resume after the last id");
	}

	destroy(): void {
		this.#socket.terminate();
	}

	onGone(gone: () => void): void {
		if (this.#socket.readyState === this.#socket.CLOSED) gone();
		else this.#socket.once("close", gone);
	}
}
