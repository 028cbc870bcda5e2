import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Server as SecureServer } from "node:https";
import accepts from "@fastify/accepts";
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { asWatchRabbitError, permanent, transient } from "#core/errors.ts";
import type { HttpSettings } from "#domain/http-settings.ts";
import type { Observed } from "./context.ts";
import { notFound, problemCodeOf, sendProblem } from "./problem.ts";
import { problemKinds } from "./problems.ts";
import { protect } from "./protection.ts";
import { followCertificate, readCertificate, versionOf } from "./tls.ts";
import { validateAnswers } from "./validator.ts";

/** An HTTP server, from when it listens to when it has answered all that it began. */
export class Server {
	readonly #app: FastifyInstance;
	readonly #context: Observed;
	readonly #http: HttpSettings;
	/** Its version, from before it was read. */
	readonly #certificate: string;
	readonly #over: (() => void)[] = [];
	#draining = false;

	constructor(context: Observed, http: HttpSettings, serve: (app: FastifyInstance, draining: () => boolean) => void) {
		this.#context = context;
		this.#http = http;
		this.#certificate = http.tls === undefined ? "" : versionOf(http.tls);
		this.#app = createApp(http);
		this.#app.removeContentTypeParser("text/plain");
		this.#app.register(accepts);
		this.#observe();
		protect(this.#app, http);
		validateAnswers(this.#app);
		// Plugins that look at every route have to be there before the first one.
		void this.#app.after(() => serve(this.#app, () => this.#draining));
	}

	/** Gives the address it listens at, the port chosen by the system if 0 was asked for. @throws WatchRabbitError PORT_IN_USE */
	async listen(): Promise<string> {
		const { host, port, tls } = this.#http;
		if (tls !== undefined) this.#followCertificate(tls);
		try {
			return await this.#app.listen({ host, port });
		} catch (thrown) {
			if ((thrown as NodeJS.ErrnoException).code !== "EADDRINUSE") throw asWatchRabbitError(thrown);
			throw permanent("PORT_IN_USE", `another program listens at ${host}:${port}`, {
				cause: thrown,
				fix: `Stop it, or give another port in the configuration (http.listen, http.operations): "${host}:0" takes a free one.`,
			});
		}
	}

	/** From now on every new request but those of health and metrics is told to come back later. */
	drain(): void {
		this.#draining = true;
	}

	/** Lets answers under way end within the grace: a client that has stopped reading would keep us for ever. */
	async close(graceMs: number): Promise<void> {
		this.drain();
		const impatience = setTimeout(() => this.#app.server.closeAllConnections(), graceMs);
		await this.#app.close();
		clearTimeout(impatience);
		for (const end of this.#over.splice(0)) end();
	}

	#followCertificate(files: NonNullable<HttpSettings["tls"]>): void {
		const { report } = this.#context;
		const follow = followCertificate(this.#app.server as SecureServer, files, this.#certificate, (error) =>
			report(error === undefined ? { event: "certificate.read" } : { event: "certificate.unusable", error }),
		);
		this.#over.push(follow);
	}

	#observe(): void {
		const { report } = this.#context;
		this.#app.addHook("onRequest", (request, reply, done) => {
			reply.header("x-request-id", request.id);
			if (!this.#draining || !request.url.startsWith("/api/")) return done();
			reply.header("connection", "close");
			done(transient("DRAINING", "this process is ending", { fix: "Ask again in a few seconds." }));
		});
		this.#app.setErrorHandler<FastifyError>((thrown, request, reply) => {
			const error = asWatchRabbitError(thrown);
			if (problemKinds[problemCodeOf(error)].status >= 500 && error.code !== "DRAINING") {
				report({ event: "request.failed", method: request.method, route: request.url, error });
			}
			return sendProblem(reply, error);
		});
		this.#app.setNotFoundHandler((request, reply) =>
			sendProblem(
				reply,
				notFound(`${request.method} ${request.url.split("?")[0]}`, "See /api/v1/reference for what there is."),
			),
		);
		this.#app.addHook("onResponse", (request, reply, done) => {
			report({
				event: "request.answered",
				route: request.routeOptions.url ?? "none",
				status: reply.statusCode,
				seconds: reply.elapsedTime / 1000,
			});
			done();
		});
	}
}

/** Long uploads are whole requests too: what is slow without reason is bounded by its headers and by bodies of JSON. */
const timeouts = { headersTimeout: 10_000, requestTimeout: 3_600_000 };

/** @throws WatchRabbitError TLS_UNUSABLE (permanent) */
function createApp({ tls, proxies }: HttpSettings): FastifyInstance {
	const options = {
		routerOptions: { maxParamLength: 4096 },
		trustProxy: proxies.length === 0 ? false : [...proxies],
		frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => sendProblem(reply, error),
		genReqId: requestId,
	};
	if (tls === undefined) return fastify({ ...options, http: timeouts });
	return fastify({ ...options, https: { ...readCertificate(tls), ...timeouts } }) as unknown as FastifyInstance;
}

/** The caller's own where it can stand in a log as it is, so that both speak of the same request. */
function requestId({ headers }: IncomingMessage): string {
	const given = headers["x-request-id"];
	return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
