import { type FastifyError, type FastifyInstance, fastify } from "fastify";
import { asWatchRabbitError, permanent, transient } from "#core/errors.ts";
import type { ListenAddress } from "#domain/settings.ts";
import type { ApiContext, OperationsContext } from "./context.ts";
import { serveOperations } from "./operations.ts";
import { notFound, sendProblem, statusOf } from "./problem.ts";
import { pageRequest, type Resource } from "./resource.ts";
import { alerts } from "./resources/alerts.ts";
import { resources } from "./resources.ts";
import { serveResultFiles } from "./result-files.ts";
import { traceRequests } from "./traced-requests.ts";

export type { ApiContext } from "./context.ts";
export type Api = Server;

/** `serve`: what is known, read over HTTP. */
export function createApi(context: ApiContext): Api {
	return new Server(context, context.settings.http, (app) => {
		traceRequests(app, context.tracer);
		for (const resource of resources) serveResource(app, resource, context);
		serveResultFiles(app, context);
	});
}

/** Health, metrics and alerts of a process that serves nothing else. */
export function createOperations(context: OperationsContext, address: ListenAddress): Api {
	return new Server(context, address, (app) => serveResource(app, alerts, context));
}

class Server {
	readonly #app: FastifyInstance;
	readonly #context: OperationsContext;
	readonly #address: ListenAddress;
	#draining = false;

	constructor(context: OperationsContext, address: ListenAddress, serveMore: (app: FastifyInstance) => void) {
		this.#context = context;
		this.#address = address;
		this.#app = fastify({
			routerOptions: { maxParamLength: 4096 },
			frameworkErrors: (error, _request, reply) => sendProblem(reply, error),
		});
		this.#observe();
		serveOperations(this.#app, context, () => this.#draining);
		serveMore(this.#app);
	}

	/** Gives the address it listens at, the port chosen by the system if 0 was asked for. @throws WatchRabbitError PORT_IN_USE */
	async listen(): Promise<string> {
		const { host, port } = this.#address;
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
	}

	#observe(): void {
		const { report } = this.#context;
		this.#app.addHook("onRequest", async (request, reply) => {
			reply.header("x-content-type-options", "nosniff");
			if (this.#draining && request.url.startsWith("/api/")) {
				reply.header("connection", "close");
				throw transient("DRAINING", "this process is ending", { fix: "Ask again in a few seconds." });
			}
		});
		this.#app.setErrorHandler<FastifyError>((thrown, request, reply) => {
			const error = asWatchRabbitError(thrown);
			if (statusOf(error) >= 500 && error.code !== "DRAINING") {
				report({ event: "request.failed", method: request.method, route: request.url, error });
			}
			return sendProblem(reply, error);
		});
		this.#app.setNotFoundHandler((request, reply) =>
			sendProblem(
				reply,
				notFound(
					`${request.method} ${request.url.split("?")[0]}`,
					`Read one of ${resources.map(({ name }) => `/api/v1/${name}`).join(", ")}.`,
				),
			),
		);
		this.#app.addHook("onResponse", async (request, reply) => {
			report({
				event: "request.answered",
				route: request.routeOptions.url ?? "none",
				status: reply.statusCode,
				seconds: reply.elapsedTime / 1000,
			});
		});
	}
}

function serveResource<Context>(app: FastifyInstance, resource: Resource<Context>, context: Context): void {
	const { name, list, one } = resource;
	app.get(`/api/v1/${name}`, async (request) => {
		const { items, next } = await list(context, pageRequest(resource, request.query));
		return { items, next: next ?? null };
	});
	if (one === undefined) return;
	app.get<{ Params: { id: string } }>(`/api/v1/${name}/:id`, async (request) => {
		const { id } = request.params;
		const found = await one(context, id);
		if (found === undefined) throw notFound(`${name.slice(0, -1)} ${id}`, `List ${name} at /api/v1/${name}.`);
		return found;
	});
}
