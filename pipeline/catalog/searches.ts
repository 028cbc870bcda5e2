import { type Kysely, type RawBuilder, sql } from "kysely";
import type { MeasuredRange } from "#core/ports/catalog-rows.ts";
import { captureWord, wordsIn, wordsOfGlob } from "#domain/search-words.ts";
import type { Asked, Search, Searches } from "./listing.ts";
import { nameToColumn } from "./name-column.ts";
import { locksRows } from "./row-locks.ts";
import type { Schema } from "./schema.ts";

type Condition = RawBuilder<unknown>;

/** Rows that belong to an acquisition. */
interface Belonging {
	/** The column that is found, and the one that names the acquisition. */
	readonly id: string;
	readonly acquisition: string;
	/** Ids of those that belong to acquisitions called `found` which meet the condition. */
	readonly of: (condition: Condition) => RawBuilder<unknown>;
}

export const acquisitionsThemselves: Belonging = {
	id: "acquisitions.id",
	acquisition: "acquisitions.id",
	of: (condition) => sql`select found.id from acquisitions as found where ${condition}`,
};

export const jobsOfAcquisitions: Belonging = {
	id: "jobs.id",
	acquisition: "jobs.acquisition",
	of: (condition) => sql`select own.id from acquisitions as found
		join acquisition_jobs as link on link.acquisition = found.id
		join jobs as own on own.id = link.job and own.acquisition = found.id
		where ${condition}`,
};

export const resultsOfAcquisitions: Belonging = {
	id: "results.id",
	acquisition: "results.acquisition",
	of: (condition) => sql`select own.id from acquisitions as found
		join results as own on own.acquisition = found.id where ${condition}`,
};

/** Searches for acquisitions, of what belongs to them. */
export function searchesOf(rows: Belonging) {
	return {
		acquiredSince: (_: number, asked: Asked) => times(rows, "acquired", asked),
		acquiredUntil: (_: number, asked: Asked) => times(rows, "acquired", asked),
		settledSince: (_: number, asked: Asked) => times(rows, "settled", asked),
		settledUntil: (_: number, asked: Asked) => times(rows, "settled", asked),
		nameGlob: (glob: string, { db }: Asked) => {
			const { whole, begun } = wordsOfGlob(glob);
			const matches = globbed(db, sql.ref("found.key"), glob, true);
			return searched(rows, matches, haveWords(db, whole, begun));
		},
		captures: (captures: Readonly<Record<string, string>>, { db }: Asked) => {
			const words = Object.entries(captures).map(([name, value]) => captureWord(name, value));
			return searched(rows, hasAll(words, " "), haveWords(db, words, []));
		},
		text: (text: string, { db }: Asked) => {
			const words = wordsIn(text);
			return searched(rows, hasAll(words, ""), haveWords(db, [], words));
		},
	} satisfies Searches;
}

/** Both ends of the range at once: each alone may leave most of all rows. */
function times({ id, acquisition, of }: Belonging, time: "acquired" | "settled", { filter }: Asked): Search {
	const [since, until] = [filter[`${time}Since`], filter[`${time}Until`]];
	const within = (column: RawBuilder<unknown>) => {
		const ends = [
			...(since === undefined ? [] : [sql`${column} >= ${since}`]),
			...(until === undefined ? [] : [sql`${column} < ${until}`]),
		];
		return sql`(${sql.join(ends, sql` and `)})`;
	};
	const column = sql.ref(`found.${time}_at`);
	const among = of(within(column));
	return {
		among,
		found: sql`${sql.ref(id)} in (${among})`,
		tested: isOf(acquisition, within(sql`${column} + 0`)),
		inOrder: within(sql.ref(`acquisitions.${time}_at`)),
	};
}

function searched({ id, acquisition, of }: Belonging, matches: Condition, indexed: Condition | undefined): Search {
	const tested = isOf(acquisition, matches);
	if (indexed === undefined) return { among: undefined, found: tested, tested };
	const among = of(sql`${indexed} and ${matches}`);
	return { among, found: sql`${sql.ref(id)} in (${among})`, tested };
}

function isOf(acquisition: string, condition: Condition): Condition {
	return sql`exists (select 1 from acquisitions as found where found.id = ${sql.ref(acquisition)} and ${condition})`;
}

/** Through the index of words. None: there is no word to look for. */
function haveWords(db: Kysely<Schema>, whole: readonly string[], begun: readonly string[]): Condition | undefined {
	if (whole.length + begun.length === 0) return undefined;
	if (locksRows(db)) {
		const query = [...whole.map((word) => `'${word}'`), ...begun.map((word) => `'${word}':*`)].join(" & ");
		return sql`array_to_tsvector(string_to_array(found.words, ' ')) @@ ${query}::tsquery`;
	}
	const query = [...whole.map((word) => `"${word}"`), ...begun.map((word) => `"${word}" *`)].join(" ");
	return sql`found.id in (select id from acquisition_words where acquisition_words match ${query})`;
}

/** Each of the words, or with "" behind them what begins so. No word has a character in it that means something here. */
function hasAll(words: readonly string[], behind: "" | " "): Condition {
	if (words.length === 0) return sql`1 = 1`;
	const each = words.map((word) => sql`' ' || found.words || ' ' like ${`% ${word}${behind}%`}`);
	return sql`(${sql.join(each, sql` and `)})`;
}

/**
 * `*` is any characters, also "/", and `?` is one. Capital and small letters differ, as they do on disk. `anywhere`: what
 * follows a "/" may match as well as the whole.
 */
export function globbed(db: Kysely<Schema>, column: Condition, glob: string, anywhere: boolean): Condition {
	const like = locksRows(db);
	const any = like ? "%" : "*";
	const pattern = glob
		.split(/([*?])/)
		.map((part, i) => {
			if (i % 2 === 1) return part === "*" ? any : like ? "_" : "?";
			const literal = nameToColumn(part);
			return like ? literal.replace(/[\\%_]/g, "\\$&") : literal.replaceAll("[", "[[]");
		})
		.join("");
	const operator = like ? sql`like` : sql`glob`;
	const matches = (text: string) => sql`${column} ${operator} ${text}`;
	return anywhere ? sql`(${matches(pattern)} or ${matches(`${any}/${pattern}`)})` : matches(pattern);
}

/** Of results: that each of the measurements is there, within its range. */
export function measured(ranges: readonly MeasuredRange[]): Search {
	const [first, ...others] = ranges.map((range) => {
		const within = rangeOf(range, "m");
		return {
			among: sql`select m.result from measurements as m where ${within}`,
			tested: sql`exists (select 1 from measurements as m where m.result = results.id and ${rangeOf(range, "m", true)})`,
		};
	});
	if (first === undefined) return { among: undefined, found: sql`1 = 1`, tested: sql`1 = 1` };
	const rest = others.map(({ tested }) => tested);
	return {
		among: first.among,
		found: sql.join([sql`results.id in (${first.among})`, ...rest], sql` and `),
		tested: sql.join([first.tested, ...rest], sql` and `),
	};
}

/** Of measurements: those of the name, in the range. */
export function measurement(range: MeasuredRange): Search {
	const among = sql`select m.result from measurements as m where ${rangeOf(range, "m")}`;
	const tested = rangeOf(range, "measurements", true);
	return {
		among,
		found: sql`results.id in (${among}) and ${tested}`,
		tested,
		inOrder: rangeOf(range, "measurements"),
	};
}

function rangeOf({ name, min, max }: MeasuredRange, table: string, unindexed = false): Condition {
	const [named, value] = [sql.ref(`${table}.name`), sql.ref(`${table}.value`)];
	const conditions = [
		sql`${unindexed ? sql`${named} || ''` : named} = ${nameToColumn(name)}`,
		...(min === undefined ? [] : [sql`${value} >= ${min}`]),
		...(max === undefined ? [] : [sql`${value} <= ${max}`]),
	];
	return sql`(${sql.join(conditions, sql` and `)})`;
}
