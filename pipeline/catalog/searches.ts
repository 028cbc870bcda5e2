import { type Kysely, type RawBuilder, sql } from "kysely";
import type { MeasuredRange } from "#core/ports/catalog-rows.ts";
import { captureWord, wordsIn, wordsOfGlob } from "#domain/search-words.ts";
import { type Asked, type Search, type Searches, tested, unindexed } from "./listing.ts";
import { nameToColumn } from "./name-column.ts";
import { locksRows } from "./row-locks.ts";
import type { Schema } from "./schema.ts";
import { everything } from "./scoped.ts";

type Condition = RawBuilder<unknown>;

/** Rows that belong to an acquisition. */
interface Belonging {
	/** The column that is found, and the one that names the acquisition. */
	readonly id: string;
	readonly acquisition: string;
	/**
	 * Ids of those that belong to acquisitions called `found`, from a table or several, which meet the condition. It goes
	 * from these on: SQLite joins in the order in which the tables are named.
	 */
	readonly of: (from: RawBuilder<unknown>, condition: Condition) => RawBuilder<unknown>;
}

export const acquisitionsThemselves: Belonging = {
	id: "acquisitions.id",
	acquisition: "acquisitions.id",
	of: (from, condition) => sql`select found.id from ${from} where ${condition}`,
};

export const jobsOfAcquisitions: Belonging = {
	id: "jobs.id",
	acquisition: "jobs.acquisition",
	of: (from, condition) => sql`select own.id from ${from} cross join acquisition_jobs as link cross join jobs as own
		where link.acquisition = found.id and own.id = link.job and own.acquisition = found.id and ${condition}`,
};

export const resultsOfAcquisitions: Belonging = {
	id: "results.id",
	acquisition: "results.acquisition",
	of: (from, condition) => sql`select own.id from ${from} cross join results as own
		where own.acquisition = found.id and ${condition}`,
};

const acquisitions = sql`acquisitions as found`;

/** Searches for acquisitions, of what belongs to them. */
export function searchesOf(rows: Belonging) {
	return {
		acquiredSince: (_: number, asked: Asked) => times(rows, "acquired", asked),
		acquiredUntil: (_: number, asked: Asked) =>
			asked.filter.acquiredSince === undefined ? times(rows, "acquired", asked) : tested(everything),
		settledSince: (_: number, asked: Asked) => times(rows, "settled", asked),
		settledUntil: (_: number, asked: Asked) =>
			asked.filter.settledSince === undefined ? times(rows, "settled", asked) : tested(everything),
		nameGlob: (glob: string, { db }: Asked) => {
			const matches = globbed(db, sql.ref("found.key"), glob, true);
			return searched(rows, matches, [withWords(db, wordsOfGlob(glob))]);
		},
		captures: (captures: Readonly<Record<string, string>>, { db }: Asked) => {
			const whole = Object.entries(captures).map(([name, value]) => captureWord(name, value));
			return searched(rows, hasAll(whole, " "), [withWords(db, { whole, begun: [] })]);
		},
		text: (text: string, { db }: Asked) => {
			const words = wordsIn(text);
			const begun = words.splice(-1);
			const matches = sql`${hasAll(words, " ")} and ${hasAll(begun, "")}`;
			const whole = withWords(db, { whole: [...words, ...begun], begun: [] });
			return searched(rows, matches, [whole, withWords(db, { whole: words, begun })]);
		},
	} satisfies Searches;
}

/** Both ends of the range at once: each alone may leave most of all rows. */
function times({ id, acquisition, of }: Belonging, time: "acquired" | "settled", { db, filter }: Asked): Search {
	const [since, until] = [filter[`${time}Since`], filter[`${time}Until`]];
	const within = (column: RawBuilder<unknown>) => {
		const ends = [
			...(since === undefined ? [] : [sql`${column} >= ${since}`]),
			...(until === undefined ? [] : [sql`${column} < ${until}`]),
		];
		return sql`(${sql.join(ends, sql` and `)})`;
	};
	const found = within(sql.ref(`found.${time}_at`));
	return {
		among: [sql`select found.id from ${acquisitions} where ${found}`],
		found: sql`${sql.ref(id)} in (${of(acquisitions, found)})`,
		tested: isOf(acquisition, within(unindexed(db, `found.${time}_at`, "number"))),
		inOrder: within(sql.ref(`acquisitions.${time}_at`)),
	};
}

/** The index of words, cheap questions to it first: the last finds all. */
function searched(
	{ id, acquisition, of }: Belonging,
	matches: Condition,
	indexed: readonly (Indexed | undefined)[],
): Search {
	const last = indexed.at(-1);
	const test = isOf(acquisition, matches);
	if (last === undefined) return tested(test);
	const among = indexed.flatMap((index) => (index === undefined ? [] : [index.counted]));
	const found = of(last.from, sql`${last.where} and ${matches}`);
	return { among, found: sql`${sql.ref(id)} in (${found})`, tested: test, ids: found };
}

function isOf(acquisition: string, condition: Condition): Condition {
	return sql`exists (select 1 from acquisitions as found where found.id = ${sql.ref(acquisition)} and ${condition})`;
}

/** Acquisitions called `found` through the index of words. */
interface Indexed {
	readonly counted: RawBuilder<unknown>;
	readonly from: RawBuilder<unknown>;
	readonly where: Condition;
}

/** None: there is no word to look for. SQLite goes through the words in the order of the tables, as far as it is asked to. */
function withWords(
	db: Kysely<Schema>,
	{ whole, begun }: { readonly whole: readonly string[]; readonly begun: readonly string[] },
): Indexed | undefined {
	if (whole.length + begun.length === 0) return undefined;
	if (locksRows(db)) {
		const query = [...whole.map((word) => `'${word}'`), ...begun.map((word) => `'${word}':*`)].join(" & ");
		const where = sql`array_to_tsvector(string_to_array(found.words, ' ')) @@ ${query}::tsquery`;
		return { counted: sql`select found.id from ${acquisitions} where ${where}`, from: acquisitions, where };
	}
	const query = [...whole.map((word) => `"${word}"`), ...begun.map((word) => `"${word}" *`)].join(" ");
	const where = sql`acquisition_words match ${query}`;
	return {
		counted: sql`select rowid from acquisition_words where ${where}`,
		from: sql`acquisition_words cross join acquisitions as found on found.id = acquisition_words.id`,
		where,
	};
}

/** Each of the words, or with "" behind them what begins so. No word has a character in it that means something here. */
function hasAll(words: readonly string[], behind: "" | " "): Condition {
	if (words.length === 0) return everything;
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
export function measured(ranges: readonly MeasuredRange[], { db }: Asked): Search {
	const [first, ...others] = ranges.map((range) => {
		const within = rangeOf(range, "m");
		return {
			among: sql`select m.result from measurements as m where ${within}`,
			tested: sql`exists (select 1 from measurements as m where m.result = results.id and ${rangeOf(range, "m", db)})`,
		};
	});
	if (first === undefined) return tested(everything);
	const rest = others.map(({ tested }) => tested);
	return {
		among: [first.among],
		found: sql.join([sql`results.id in (${first.among})`, ...rest], sql` and `),
		tested: sql.join([first.tested, ...rest], sql` and `),
	};
}

/** Of measurements: those of the name, in the range. */
export function measurement(range: MeasuredRange, { db }: Asked): Search {
	const among = sql`select m.result from measurements as m where ${rangeOf(range, "m")}`;
	const test = rangeOf(range, "measurements", db);
	return {
		among: [among],
		found: sql`results.id in (${among}) and ${test}`,
		tested: test,
		inOrder: rangeOf(range, "measurements"),
	};
}

/** `testedIn`: of which database the rows are that are read anyway. */
function rangeOf({ name, min, max }: MeasuredRange, table: string, testedIn?: Kysely<Schema>): Condition {
	const value = sql.ref(`${table}.value`);
	const named = testedIn === undefined ? sql.ref(`${table}.name`) : unindexed(testedIn, `${table}.name`);
	const conditions = [
		sql`${named} = ${nameToColumn(name)}`,
		...(min === undefined ? [] : [sql`${value} >= ${min}`]),
		...(max === undefined ? [] : [sql`${value} <= ${max}`]),
	];
	return sql`(${sql.join(conditions, sql` and `)})`;
}
