import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Permission, Principal } from "#domain/access.ts";
import type { Rate } from "#domain/http-settings.ts";
import type { ApiContext } from "./context.ts";
import type { ProblemCode } from "./problems.ts";
import type { Tag } from "./tags.ts";

export type Fields = Readonly<Record<string, z.ZodType>>;

type Values<Of extends Fields> = { readonly [Name in keyof Of]: z.output<Of[Name]> };

/** What a handler is given: everything was validated by what the route declares. */
export interface Asked<Params = unknown, Query = unknown, Body = unknown, Headers = unknown> {
	readonly params: Params;
	readonly query: Query;
	readonly body: Body;
	/** Those that the route declares. */
	readonly headers: Headers;
	readonly principal: Principal;
	/** Of the media types that the route answers with, the one that the caller likes best. */
	readonly mediaType: string;
	readonly request: FastifyRequest;
	readonly reply: FastifyReply;
}

/** What is answered with a status: the form of each media type; `text` or `bytes` where it is no JSON. */
export interface Answer {
	readonly description: string;
	readonly content?: Readonly<Record<string, z.ZodType | "text" | "bytes">>;
	/** Where to go on: an operation's id, and where in this answer its parameters are (OpenAPI's runtime expressions). */
	readonly links?: Readonly<Record<string, Readonly<Record<string, string>>>>;
	/** Names of headers that matter to who reads it, with what they say. */
	readonly headers?: Readonly<Record<string, string>>;
}

interface Declared<
	Params extends Fields,
	Query extends Fields,
	Body extends z.ZodType,
	Headers extends Fields,
	Context,
> {
	/** `operationId`: what clients call it. */
	readonly id: string;
	readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** As OpenAPI writes it; `{name*}` at the end takes the rest of the path, its slashes included. */
	readonly path: `/${string}`;
	readonly tag: Tag;
	readonly summary: string;
	readonly description?: string;
	/** What a principal must be allowed; `nothing`: it is for everybody. */
	readonly needs: Permission | "nothing";
	readonly params?: Params;
	readonly query?: Query;
	/** Others may stand in the query as well, and mean nothing here. */
	readonly anyQuery?: true;
	/** In small letters. */
	readonly headers?: Headers;
	/** JSON. */
	readonly body?: Body;
	/** The body is taken as it comes, whatever is declared: the handler reads the stream that is `request.body`. */
	readonly takes?: "*/*" | "application/octet-stream";
	/** By status; those below 300 first, and of their media types the usual one first. */
	readonly answers: Readonly<Record<number, Answer>>;
	/** A way that a browser is sent along, and no operation for programs: it is in no document. */
	readonly forBrowsers?: true;
	/** Whatever is accepted: better this than a refusal (RFC 9110, 12.5.1). */
	readonly answersAnyway?: true;
	/** Its answers are bytes with a digest of their own: never compressed. */
	readonly asItIs?: true;
	/** What one client may ask of it, where that is less than of others. */
	readonly rate?: Rate;
	/** Refusals of its own, beside those that follow from what it declares. */
	readonly problems?: readonly ProblemCode[];
	/** What it gives is the body, unless it answered by itself and gives the reply. */
	handle(
		asked: Asked<Values<Params>, Values<Query>, z.output<Body>, Values<Headers>>,
		context: Context,
	): Promise<unknown>;
}

/** One operation of the API, declared once: it is registered, authorised, documented and tested from this. */
export type Route<Context = ApiContext> = Declared<Fields, Fields, z.ZodType, Fields, Context>;

export function route<
	Params extends Fields = Record<never, z.ZodType>,
	Query extends Fields = Record<never, z.ZodType>,
	Body extends z.ZodType = z.ZodUndefined,
	Headers extends Fields = Record<never, z.ZodType>,
	Context = ApiContext,
>(declared: Declared<Params, Query, Body, Headers, Context>): Route<Context> {
	return declared as unknown as Route<Context>;
}
