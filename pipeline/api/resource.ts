import { z } from "zod";
import { permanent } from "#core/errors.ts";
import type { Counting, Filter, Listed, Page, PageRequest, RowCount, WholeRequest } from "#core/ports/catalog-rows.ts";
import type { ApiContext, Observed } from "./context.ts";
import { columnsOf } from "./export/columns.ts";
import { formats } from "./export/formats.ts";
import { sendWhole } from "./export/send-whole.ts";
import { notFound } from "./problem.ts";
import { anyOf, whole as wholeNumber } from "./query.ts";
import { type Answer, type Fields, type Route, route } from "./route.ts";
import type { Tag } from "./tags.ts";

/** Who answers tells what goes wrong. */
type Told = Pick<Observed, "report">;

/** A kind of thing below /api/v1: which filters its list takes, and where it comes from. */
export interface Resource<Context extends Told = ApiContext> {
	readonly name: Tag;
	readonly filters: { readonly [Name in keyof Filter]: z.ZodType<Filter[Name]> };
	/** By what a list can be sorted, its own time first; none: by its own time alone. */
	readonly sorts?: readonly [string, ...string[]];
	readonly item: z.ZodObject;
	/** Where else its items lead, beside to themselves: parameters of an operation, by the field that gives each. */
	readonly links?: Readonly<Record<string, Readonly<Record<string, string>>>>;
	/** All of it, for exports, and how much that is; absent for what is never long. */
	readonly whole?: {
		readonly rows: (context: Context, request: WholeRequest) => AsyncIterable<readonly object[]>;
		readonly count: (context: Context, filter: Filter, how: Counting) => Promise<RowCount>;
	};
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

/** A list that the catalog has, as a resource. */
export function wholeList<Name extends keyof Listed>(
	list: Name,
	map: (row: Listed[Name]) => object,
): NonNullable<Resource["whole"]> {
	return {
		async *rows({ catalog }, request) {
			for await (const some of catalog.each(list, request)) yield some.map(map);
		},
		count: ({ catalog }, filter, how) => catalog.count(list, filter, how),
	};
}

const countForm = z.object({
	count: z.int().nonnegative(),
	is: z
		.enum(["exact", "about", "at least"])
		.describe("`about`: as the database expects. `at least`: so many were counted, and there are more."),
});

export function mapPage<A, B>({ items, next }: Page<A>, map: (item: A) => B): Page<B> {
	return next === undefined ? { items: items.map(map) } : { items: items.map(map), next };
}

/** Its list, and one of it. */
export function routesOf<Context extends Told>(resource: Resource<Context>): readonly Route<Context>[] {
	const { one } = resource;
	return one === undefined ? [listRoute(resource)] : [listRoute(resource), oneRoute(resource, one)];
}

function listRoute<Context extends Told>(resource: Resource<Context>): Route<Context> {
	const { name, item, one, whole } = resource;
	const items = z.array(z.union([item, item.partial().meta({ id: `${titleOf(name)}Part` })]));
	const columns = whole && columnsOf(item);
	return route({
		id: `list${titleOf(name)}`,
		method: "GET",
		path: `/api/v1/${name}`,
		tag: name,
		summary: `List ${name}`,
		...(whole && {
			description:
				"JSON comes in pages. As NDJSON, CSV or Parquet the whole list comes in one go, or so much of it as `limit` says.",
		}),
		needs: "read",
		query: queryOf(resource),
		answers: {
			200: {
				description: "A page; `next` is null on the last one. Or the whole list.",
				content: {
					"application/json": z
						.object({ items, next: z.string().nullable(), ...(whole && { count: countForm.exactOptional() }) })
						.meta({ id: `${titleOf(name)}Page` }),
					...(whole && Object.fromEntries(Object.keys(formats).map((type) => [type, "bytes" as const]))),
				},
				links: linksOf({ ...(one && { [`get${singleOf(name)}`]: { [one.by]: one.by } }), ...resource.links }),
			},
		},
		problems: ["FILTER_UNSUPPORTED", "SORT_UNSUPPORTED", "CURSOR_INVALID"],
		handle: async ({ query, mediaType, request, reply }, context: Context) => {
			const { fields, count, ...asked } = query as unknown as ListQuery;
			const format = formats[mediaType as keyof typeof formats];
			if (format !== undefined && whole !== undefined && columns !== undefined) {
				const chosen = fields === undefined ? columns : columns.filter(({ path: [top] }) => fields.includes(top));
				const rows = most(whole.rows(context, wholeRequest(asked)), asked.limit);
				return await sendWhole({ name, mediaType, request, reply, context }, format, chosen, rows);
			}
			const { items, next } = await resource.list(context, pageRequest(asked));
			return {
				items: fields === undefined ? items : items.map((one) => pick(one, fields)),
				next: next ?? null,
				...(count !== undefined && { count: await whole?.count(context, filterOf(asked), count) }),
			};
		},
	});
}

function oneRoute<Context extends Told>(
	{ name }: Resource<Context>,
	{ by, form, get }: NonNullable<Resource<Context>["one"]>,
) {
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
function queryOf<Context extends Told>({ filters, sorts, item, whole }: Resource<Context>): Fields {
	const optional = Object.entries(filters).map(([key, form]) => [key, form.optional()]);
	const sort = sorts && z.enum(sorts).default(sorts[0]).describe("By what; else by its own time.");
	return {
		...Object.fromEntries(optional),
		limit: wholeNumber(1, 1000).optional().describe("So many at most; 100 in a page of JSON if not given."),
		cursor: z.string().min(1).optional().describe("`next` of the page before."),
		...(sort && { sort }),
		order: z.enum(["asc", "desc"]).default("desc").describe("The newest or largest first, or the other way round."),
		fields: anyOf(Object.keys(item.shape)).optional().describe("Only these fields."),
		...(whole && {
			count: z
				.enum(["exact", "estimated"])
				.optional()
				.describe("How many there are in all; estimated is exact up to 10,000, and quick."),
		}),
	};
}

interface ListQuery extends Filter {
	readonly limit?: number;
	readonly cursor?: string;
	readonly sort?: string;
	readonly order: "asc" | "desc";
	readonly fields?: readonly string[];
	readonly count?: Counting;
}

type Which = Omit<ListQuery, "fields" | "count">;

function filterOf({ limit: _, cursor: __, sort: ___, order: ____, ...filter }: Which): Filter {
	return filter;
}

function pageRequest(asked: Which): PageRequest {
	const { limit = 100, cursor } = asked;
	return { limit, ...inOrder(asked), ...(cursor !== undefined && { cursor }) };
}

/** @throws WatchRabbitError FILTER_UNSUPPORTED (permanent) */
function wholeRequest(asked: Which): WholeRequest {
	if (asked.cursor === undefined) return inOrder(asked);
	throw permanent("FILTER_UNSUPPORTED", "a whole list has no pages", { fix: "Leave the cursor out." });
}

function inOrder(asked: Which): WholeRequest {
	const { sort, order } = asked;
	return { order, filter: filterOf(asked), ...(sort !== undefined && { sort }) };
}

/** The first so many; undefined: all. */
async function* most(
	rows: AsyncIterable<readonly object[]>,
	limit: number | undefined,
): AsyncGenerator<readonly object[]> {
	let left = limit ?? Number.POSITIVE_INFINITY;
	for await (const some of rows) {
		yield some.slice(0, left);
		left -= some.length;
		if (left <= 0) return;
	}
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
