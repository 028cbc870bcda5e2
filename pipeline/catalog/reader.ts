import type { Kysely } from "kysely";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { Counting, Filter, Listed, Page, PageRequest, WholeRequest } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import type { PathString } from "#domain/path.ts";
import { count } from "./count.ts";
import { leasesGiven } from "./leases.ts";
import type { Listing } from "./listing.ts";
import { each, one, page } from "./page.ts";
import { acquisitions, acquisitionsOf } from "./read-acquisitions.ts";
import { artifacts } from "./read-artifacts.ts";
import { countJobs, countUnfinished } from "./read-counts.ts";
import { history, jobs, jobsOf, jobWithLife } from "./read-jobs.ts";
import { measurements } from "./read-measurements.ts";
import { pending } from "./read-pending.ts";
import { results } from "./read-results.ts";
import { takenFiles } from "./read-taken-files.ts";
import { waiting } from "./read-waiting.ts";
import type { Schema } from "./schema.ts";
import { both } from "./scoped.ts";
import type { Reading } from "./way.ts";

/** Sorting so many takes about as long as walking past all others until a page of rarer ones is full, of a million rows. */
const fewRows = 2_000;

const listings: { readonly [Name in keyof Listed]: unknown } = {
	acquisitions,
	takenFiles,
	jobs,
	results,
	measurements,
	artifacts,
};

/** What there is, as far as the scope shows it: each query has the scope in it. */
export class Reader implements ReadCatalog {
	readonly #db: Kysely<Schema>;
	readonly #scope: Scope;
	readonly #reading: Reading;

	constructor(db: Kysely<Schema>, scope: Scope, few = fewRows) {
		this.#db = db;
		this.#scope = scope;
		this.#reading = { db, scope, few };
	}

	within(scope: Scope): ReadCatalog {
		return new Reader(this.#db, both(this.#scope, scope), this.#reading.few);
	}

	acquisitions(request: PageRequest) {
		return page(this.#reading, acquisitions, request);
	}
	takenFiles(request: PageRequest) {
		return page(this.#reading, takenFiles, request);
	}
	jobs(request: PageRequest) {
		return page(this.#reading, jobs, request);
	}
	results(request: PageRequest) {
		return page(this.#reading, results, request);
	}
	measurements(request: PageRequest) {
		return page(this.#reading, measurements, request);
	}
	artifacts(request: PageRequest) {
		return page(this.#reading, artifacts, request);
	}
	each<Name extends keyof Listed>(list: Name, request: WholeRequest): AsyncIterable<readonly Listed[Name][]> {
		const page = (asked: PageRequest) => this[list](asked) as Promise<Page<Listed[Name]>>;
		return each(page, request);
	}
	count(list: keyof Listed, filter: Filter, how: Counting) {
		return count(this.#reading, listings[list] as Listing<object, unknown>, filter, how);
	}
	acquisition(id: string) {
		return one(this.#reading, acquisitions, id);
	}
	job(id: string) {
		return jobWithLife(this.#reading, id);
	}
	result(id: string) {
		return one(this.#reading, results, id);
	}
	acquisitionsOf(source: string, path: PathString) {
		return acquisitionsOf(this.#db, source, path, this.#scope);
	}
	waiting(room: string, key: string) {
		return waiting(this.#db, room, key, this.#scope);
	}
	jobsOf(acquisitionId: string) {
		return jobsOf(this.#db, acquisitionId, this.#scope);
	}
	history(entity: string) {
		return history(this.#db, entity, this.#scope);
	}
	leasesGiven(prefix: string, now: number) {
		return leasesGiven(this.#db, prefix, now, this.#scope);
	}
	countJobs() {
		return countJobs(this.#db, this.#scope);
	}
	countUnfinished() {
		return countUnfinished(this.#db, this.#scope);
	}
	pending(exceptPools?: readonly string[]) {
		return pending(this.#db, this.#scope, exceptPools);
	}
}
