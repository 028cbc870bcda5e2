import type { FastifyRequest } from "fastify";
import { systemClock } from "#core/clock.ts";
import { WakeUp } from "#core/wake-up.ts";
import { type Principal, scopeOf } from "#domain/access.ts";
import type { HttpSettings } from "#domain/http-settings.ts";
import type { ApiContext, Identify, Known, Observed, OperationsContext } from "./context.ts";
import { assertFromHere, isFromHere } from "./from-here.ts";
import { Live } from "./live/live.ts";
import { eventsPath } from "./live/routes.ts";
import { takeUpgrades } from "./live/web-socket.ts";
import { operations } from "./operations.ts";
import { referenceRoutes } from "./reference.ts";
import { routesOf } from "./resource.ts";
import { alerts } from "./resources/alerts.ts";
import { routes } from "./routes.ts";
import { serveRoutes } from "./serve-route.ts";
import { Server } from "./server.ts";
import { traceRequests } from "./traced-requests.ts";

export type Api = Server;

/** Who asks where nobody has to say who he is. */
const anyone: Principal = { kind: "anyone", id: "anyone", name: "anyone", role: "admin", projects: "all" };

/** Nobody has to say who he is to whom this machine belongs; a page of somebody else, and who comes through a proxy, does. */
function fromHereAnybody(request: FastifyRequest): Principal {
	assertFromHere(
		request,
		"nobody has to say who he is here, so only programs and pages of this machine are answered",
		"Ask at 127.0.0.1 or localhost; for others set access.required, and make users or keys.",
	);
	return anyone;
}

/** `serve`: what is known, read over HTTP. */
export function createApi(context: Known & Observed): Api {
	const { identify, settings, tracer, throttle, catalog, report, moved = () => new WakeUp() } = context;
	const trusts = trusting(identify);
	const live = new Live({ catalog, clock: systemClock, moved, report });
	return new Server(context, settings.http, (app, draining) => {
		traceRequests(app, tracer);
		takeUpgrades(app, eventsPath);
		app.addHook("preClose", () => live.close());
		const all = [...operations, ...routes];
		serveRoutes(app, [...all, ...referenceRoutes(all, identify === undefined)], {
			identify: identify ?? fromHereAnybody,
			contextOf: contextsOf({
				...context,
				draining,
				live,
				trusts,
				scrapes: identify === undefined ? everybody : trusts,
				identify: identify ?? fromHereAnybody,
			}),
			throttle,
			rate: settings.http.rate,
		});
	});
}

/** Health, metrics and alerts of a process that serves nothing else. */
export function createOperations(context: Observed, http: HttpSettings): Api {
	return new Server(context, http, (app, draining) => {
		const all = { ...context, draining, scope: "everything", trusts: trusting(undefined), scrapes: everybody } as const;
		serveRoutes(app, [...operations, ...routesOf(alerts)], {
			identify: fromHereAnybody,
			contextOf: () => all,
			rate: http.rate,
		});
	});
}

/** Its address is given for that. */
const everybody = async () => true;

/** Whether somebody may be told of what is behind the process: who is on its machine, and who is known. */
function trusting(identify: Identify | undefined): OperationsContext["trusts"] {
	return async (request) => {
		if (isFromHere(request)) return true;
		try {
			return identify !== undefined && (await identify(request)) !== undefined;
		} catch {
			return false;
		}
	};
}

/** What each principal is answered from. */
function contextsOf(
	context: Known & OperationsContext & Pick<ApiContext, "live" | "identify">,
): (principal: Principal) => ApiContext {
	const known = new WeakMap<Principal, ApiContext>();
	return (principal) => {
		const own = known.get(principal);
		if (own !== undefined) return own;
		const scope = scopeOf(principal, context.settings.projects);
		const made = { ...context, scope, catalog: context.catalog.within(scope), operations: context.catalog.operations };
		known.set(principal, made);
		return made;
	};
}
