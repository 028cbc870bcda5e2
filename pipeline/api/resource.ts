import { z } from "zod";
import { permanent } from "#core/errors.ts";
import type { Filter, Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { ApiContext } from "./context.ts";

/** A kind of thing below /api/v1: which filters its list takes, and where it comes from. */
export interface Resource<Context = ApiContext> {
	readonly name: string;
	readonly filters: { readonly [Name in keyof Filter]: z.ZodType<Filter[Name]> };
	readonly list: (context: Context, request: PageRequest) => Promise<Page<object>>;
	/** One by its id, whole; absent for what has no life of its own. */
	readonly one?: (context: Context, id: string) => Promise<object | undefined>;
}

export function mapPage<A, B>({ items, next }: Page<A>, map: (item: A) => B): Page<B> {
	return next === undefined ? { items: items.map(map) } : { items: items.map(map), next };
}

export const text = z.string().min(1);

/** One or several, repeated or with commas between them. */
export function anyOf<State extends string>(states: readonly State[]) {
	const split = (given: unknown) =>
		[given].flat().flatMap((part) => (typeof part === "string" ? part.split(",") : [part]));
	return z.preprocess(split, z.array(z.enum(states)));
}

/** ISO 8601, a day or a moment; milliseconds since the epoch inside. */
export const moment = z
	.union([z.iso.date(), z.iso.datetime({ offset: true })], "not a day or a time of ISO 8601, like 2026-11-21T08:00:00Z")
	.transform((iso) => Date.parse(iso));

const paging = {
	limit: z.coerce.number("not a number").int("not a whole number").min(1).max(1000).default(100),
	cursor: text.optional(),
	order: z.enum(["asc", "desc"]).default("desc"),
};

/** The page that a query string asks for. @throws WatchRabbitError FILTER_UNKNOWN, FILTER_INVALID (permanent) */
export function pageRequest(resource: Asked, query: unknown): PageRequest {
	const { success, data, error } = schemaOf(resource).safeParse(query);
	if (!success) throw refusal(resource, error);
	const { limit, cursor, order, ...filter } = data as {
		limit: number;
		cursor?: string;
		order: "asc" | "desc";
	} & Filter;
	return cursor === undefined ? { limit, order, filter } : { limit, order, cursor, filter };
}

type Asked = Pick<Resource, "name" | "filters">;

const schemas = new WeakMap<Asked, z.ZodType>();

function schemaOf(resource: Asked): z.ZodType {
	const known = schemas.get(resource);
	if (known) return known;
	const filters = Object.fromEntries(Object.entries(resource.filters).map(([name, type]) => [name, type.optional()]));
	const schema = z.strictObject({ ...paging, ...filters });
	schemas.set(resource, schema);
	return schema;
}

function refusal({ name, filters }: Asked, { issues }: z.ZodError) {
	const unknown = issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
	if (unknown.length > 0) {
		const allowed = [...Object.keys(filters), ...Object.keys(paging)];
		return permanent("FILTER_UNKNOWN", `${name} cannot be asked for by ${unknown.join(", ")}`, {
			fix: `Use ${allowed.join(", ")}.`,
		});
	}
	const told = issues.map(({ path, message }) => `${path[0]?.toString()}: ${message}`);
	return permanent("FILTER_INVALID", told.join("; "), { fix: "Correct the values named." });
}
