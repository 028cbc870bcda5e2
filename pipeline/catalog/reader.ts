import type { Kysely } from "kysely";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { PageRequest } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import type { PathString } from "#domain/path.ts";
import { leasesGiven } from "./leases.ts";
import { one, page } from "./page.ts";
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

/** What there is, as far as the scope shows it: each query has the scope in it. */
export class Reader implements ReadCatalog {
	readonly #db: Kysely<Schema>;
	readonly #scope: Scope;

	constructor(db: Kysely<Schema>, scope: Scope) {
		this.#db = db;
		this.#scope = scope;
	}

	within(scope: Scope): ReadCatalog {
		return new Reader(this.#db, both(this.#scope, scope));
	}

	acquisitions(request: PageRequest) {
		return page(this.#db, acquisitions, request, this.#scope);
	}
	takenFiles(request: PageRequest) {
		return page(this.#db, takenFiles, request, this.#scope);
	}
	jobs(request: PageRequest) {
		return page(this.#db, jobs, request, this.#scope);
	}
	results(request: PageRequest) {
		return page(this.#db, results, request, this.#scope);
	}
	measurements(request: PageRequest) {
		return page(this.#db, measurements, request, this.#scope);
	}
	artifacts(request: PageRequest) {
		return page(this.#db, artifacts, request, this.#scope);
	}
	acquisition(id: string) {
		return one(this.#db, acquisitions, id, this.#scope);
	}
	job(id: string) {
		return jobWithLife(this.#db, id, this.#scope);
	}
	result(id: string) {
		return one(this.#db, results, id, this.#scope);
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
