import { z } from "zod";
import type { Filter, Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { ApiContext } from "./context.ts";
import { notFound } from "./problem.ts";
import { whole } from "./query.ts";
import { type Route, route } from "./route.ts";
import type { Tag } from "./tags.ts";

/** A kind of thing below /api/v1: which filters its list takes, and where it comes from. */
export interface Resource<Context = ApiContext> {
	readonly name: Tag;
	readonly filters: { readonly [Name in keyof Filter]: z.ZodType<Filter[Name]> };
	readonly item: z.ZodObject;
	readonly list: (context: Context, request: PageRequest) => Promise<Page<object>>;
	/** One, whole; absent for what has no life of its own. */
	readonly one?: {
		/** The field that it is asked for by. */
		readonly by: "id" | "name";
		readonly form: z.ZodObject;
		readonly get: (context: Context, id: string) => Promise<object | undefined>;
	};
}

export function mapPage<A, B>({ items, next }: Page<A>, map: (item: A) => B): Page<B> {
	return next === undefined ? { items: items.map(map) } : { items: items.map(map), next };
}

const paging = {
	limit: whole(1, 1000).default(100).describe("So many at most."),
	cursor: z.string().min(1).optional().describe("`next` of the page before."),
	order: z.enum(["asc", "desc"]).default("desc").describe("By its own time: the newest first, or the oldest."),
};

/** Its list, and one of it. */
export function routesOf<Context>(resource: Resource<Context>): readonly Route<Context>[] {
	const { name, one } = resource;
	const title = name.charAt(0).toUpperCase() + name.slice(1);
	const filters = Object.fromEntries(Object.entries(resource.filters).map(([key, form]) => [key, form.optional()]));
	const oneId = `get${title.slice(0, -1)}`;
	const list = route({
		id: `list${title}`,
		method: "GET",
		path: `/api/v1/${name}`,
		tag: name,
		summary: `List ${name}`,
		needs: "read",
		query: { ...filters, ...paging },
		answers: {
			200: {
				description: "A page; `next` is null on the last one.",
				content: {
					"application/json": z
						.object({ items: z.array(resource.item), next: z.string().nullable() })
						.meta({ id: `${title}Page` }),
				},
				...(one && { links: { [oneId]: { [one.by]: `$response.body#/items/0/${one.by}` } } }),
			},
		},
		problems: ["FILTER_UNSUPPORTED", "CURSOR_INVALID"],
		handle: async ({ query }, context: Context) => {
			const { limit, cursor, order, ...filter } = query;
			const page = await resource.list(context, {
				limit,
				order,
				filter: filter as Filter,
				...(cursor === undefined ? {} : { cursor }),
			});
			return { items: page.items, next: page.next ?? null };
		},
	});
	if (one === undefined) return [list];
	const single = name.slice(0, -1);
	return [
		list,
		route({
			id: oneId,
			method: "GET",
			path: `/api/v1/${name}/{${one.by}}`,
			tag: name,
			summary: `One of the ${name}, whole`,
			needs: "read",
			params: { [one.by]: z.string() },
			answers: { 200: { description: "There it is.", content: { "application/json": one.form } } },
			problems: ["NOT_FOUND"],
			handle: async ({ params }, context: Context) => {
				const given = params[one.by] ?? "";
				const found = await one.get(context, given);
				if (found === undefined) throw notFound(`${single} ${given}`, `List ${name} at /api/v1/${name}.`);
				return found;
			},
		}),
	];
}
