import { z } from "zod";
import type { Filter, Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { ApiContext } from "./context.ts";
import { notFound } from "./problem.ts";
import { anyOf, whole } from "./query.ts";
import { type Answer, type Fields, type Route, route } from "./route.ts";
import type { Tag } from "./tags.ts";

/** A kind of thing below /api/v1: which filters its list takes, and where it comes from. */
export interface Resource<Context = ApiContext> {
	readonly name: Tag;
	readonly filters: { readonly [Name in keyof Filter]: z.ZodType<Filter[Name]> };
	/** By what a list can be sorted, its own time first; none: by its own time alone. */
	readonly sorts?: readonly [string, ...string[]];
	readonly item: z.ZodObject;
	/** Where else its items lead, beside to themselves: parameters of an operation, by the field that gives each. */
	readonly links?: Readonly<Record<string, Readonly<Record<string, string>>>>;
	readonly list: (context: Context, request: PageRequest) => Promise<Page<object>>;
	/** One, whole; absent for what has no life of its own. */
	readonly one?: {
		/** The field that it is asked for by. */
		readonly by: "id" | "name";
		readonly form: z.ZodObject;
		/** A text is JSON already. */
		readonly get: (context: Context, id: string) => Promise<object | string | undefined>;
	};
}

export function mapPage<A, B>({ items, next }: Page<A>, map: (item: A) => B): Page<B> {
	return next === undefined ? { items: items.map(map) } : { items: items.map(map), next };
}

/** Its list, and one of it. */
export function routesOf<Context>(resource: Resource<Context>): readonly Route<Context>[] {
	const { one } = resource;
	return one === undefined ? [listRoute(resource)] : [listRoute(resource), oneRoute(resource, one)];
}

function listRoute<Context>(resource: Resource<Context>): Route<Context> {
	const { name, item, one } = resource;
	const items = z.array(z.union([item, item.partial().meta({ id: `${titleOf(name)}Part` })]));
	return route({
		id: `list${titleOf(name)}`,
		method: "GET",
		path: `/api/v1/${name}`,
		tag: name,
		summary: `List ${name}`,
		needs: "read",
		query: queryOf(resource),
		answers: {
			200: {
				description: "A page; `next` is null on the last one.",
				content: {
					"application/json": z.object({ items, next: z.string().nullable() }).meta({ id: `${titleOf(name)}Page` }),
				},
				links: linksOf({ ...(one && { [`get${singleOf(name)}`]: { [one.by]: one.by } }), ...resource.links }),
			},
		},
		problems: ["FILTER_UNSUPPORTED", "SORT_UNSUPPORTED", "CURSOR_INVALID"],
		handle: async ({ query }, context: Context) => {
			const { fields, ...asked } = query as unknown as ListQuery;
			const { items, next } = await resource.list(context, pageRequest(asked));
			return { items: fields === undefined ? items : items.map((one) => pick(one, fields)), next: next ?? null };
		},
	});
}

function oneRoute<Context>({ name }: Resource<Context>, { by, form, get }: NonNullable<Resource<Context>["one"]>) {
	return route({
		id: `get${singleOf(name)}`,
		method: "GET",
		path: `/api/v1/${name}/{${by}}`,
		tag: name,
		summary: `One of the ${name}, whole`,
		needs: "read",
		params: { [by]: z.string() },
		answers: { 200: { description: "There it is.", content: { "application/json": form } } },
		problems: ["NOT_FOUND"],
		handle: async ({ params, reply }, context: Context) => {
			const given = params[by] ?? "";
			const found = await get(context, given);
			if (found === undefined) {
				throw notFound(`${name.slice(0, -1)} ${given}`, `List ${name} at /api/v1/${name}.`);
			}
			return typeof found === "string" ? reply.type("application/json; charset=utf-8").send(found) : found;
		},
	});
}

/** What a list can be asked for by. */
function queryOf<Context>({ filters, sorts, item }: Resource<Context>): Fields {
	const optional = Object.entries(filters).map(([key, form]) => [key, form.optional()]);
	const sort = sorts && z.enum(sorts).default(sorts[0]).describe("By what; else by its own time.");
	return {
		...Object.fromEntries(optional),
		limit: whole(1, 1000).default(100).describe("So many at most."),
		cursor: z.string().min(1).optional().describe("`next` of the page before."),
		...(sort && { sort }),
		order: z.enum(["asc", "desc"]).default("desc").describe("The newest or largest first, or the other way round."),
		fields: anyOf(Object.keys(item.shape)).optional().describe("Only these fields."),
	};
}

interface ListQuery extends Filter {
	readonly limit: number;
	readonly cursor?: string;
	readonly sort?: string;
	readonly order: "asc" | "desc";
	readonly fields?: readonly string[];
}

function pageRequest({ limit, cursor, sort, order, ...filter }: Omit<ListQuery, "fields">): PageRequest {
	return {
		limit,
		order,
		filter,
		...(sort !== undefined && { sort }),
		...(cursor !== undefined && { cursor }),
	};
}

function linksOf(links: NonNullable<Resource["links"]>): NonNullable<Answer["links"]> {
	const inFirst = (fields: Readonly<Record<string, string>>) =>
		Object.entries(fields).map(([parameter, field]) => [parameter, `$response.body#/items/0/${field}`]);
	return Object.fromEntries(Object.entries(links).map(([to, fields]) => [to, Object.fromEntries(inFirst(fields))]));
}

function pick(item: object, fields: readonly string[]): object {
	return Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name)));
}

function titleOf(name: string): string {
	return name.charAt(0).toUpperCase() + name.slice(1);
}

function singleOf(name: string): string {
	return titleOf(name).slice(0, -1);
}
