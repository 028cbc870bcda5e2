import type { Catalog } from "#core/ports/catalog.ts";
import { acquisition, arrival, claimed, complete, endOf, intake, plan, replayed } from "#test/support/acquisitions.ts";

export type Step =
	| { readonly kind: "arrives"; readonly key: string; readonly content: string }
	| { readonly kind: "completes" | "dies" | "is replayed"; readonly content: string };

interface ModelJob {
	state: "queued" | "completed" | "dead" | "superseded";
	/** Of its latest run. */
	result: string | undefined;
	/** Versions of keys that have this content. */
	readonly links: { readonly key: string; readonly version: number }[];
}

/** The rule of superseding, written down once more in the plainest way: everything is judged anew from what has happened. */
export class SupersedingModel {
	readonly #scope: string;
	readonly #versions = new Map<string, string[]>();
	readonly #jobs = new Map<string, ModelJob>();
	#now = 1_000;

	/** The scope keeps the keys and contents of one model apart from those of others in the same catalog. */
	constructor(scope: string) {
		this.#scope = scope;
	}

	async apply(catalog: Catalog, step: Step): Promise<void> {
		this.#now += 1;
		if (step.kind === "arrives") return this.#arrives(catalog, step.key, step.content);
		const job = this.#jobs.get(step.content);
		if (job === undefined) return;
		const id = this.#jobId(step.content);
		if (step.kind === "is replayed" && job.state !== "queued") {
			await replayed(catalog, id, this.#now, "model");
			job.state = "queued";
		} else if (step.kind === "completes" && job.state === "queued") {
			job.result = await complete(catalog, id, this.#now);
			job.state = "completed";
		} else if (step.kind === "dies" && job.state === "queued") {
			await catalog.endAttempt(endOf(await claimed(catalog, id, this.#now), { now: this.#now }));
			job.state = this.#isNeeded(job) ? "dead" : "superseded";
		}
	}

	async #arrives(catalog: Catalog, key: string, content: string): Promise<void> {
		const it = acquisition(`${this.#scope}/${key}`, this.#content(content));
		await catalog.commitIntake(intake([arrival(it)], { now: this.#now }));
		const versions = this.#versions.get(key) ?? [];
		const before = versions.at(-1);
		this.#versions.set(key, versions);
		const job: ModelJob = this.#jobs.get(content) ?? { state: "queued", result: undefined, links: [] };
		this.#jobs.set(content, job);
		if (job.state === "superseded") job.state = "queued";
		if (before === content) return;
		job.links.push({ key, version: versions.push(content) });
		const older = before === undefined ? undefined : this.#jobs.get(before);
		if (older !== undefined && older.state !== "completed" && !this.#isNeeded(older)) older.state = "superseded";
	}

	/** In words, where the catalog says something else. */
	async differences(catalog: Catalog): Promise<string[]> {
		const found: string[] = [];
		for (const [content, job] of this.#jobs) {
			const actual = await catalog.job(this.#jobId(content));
			if (actual?.state !== job.state) found.push(`job of ${content} is ${actual?.state}, not ${job.state}`);
			if (job.result === undefined) continue;
			const result = await catalog.result(job.result);
			const successors = job.links.map((link) => this.#laterResults(link));
			const expected = successors.every((later) => later.length > 0) ? "superseded" : "current";
			if (result?.state !== expected) found.push(`result of ${content} is ${result?.state}, not ${expected}`);
			if (expected === "superseded" && !this.#isResultOf(successors.flat(), result?.supersededBy)) {
				found.push(`result of ${content} is superseded by ${result?.supersededBy}, which is of no later version`);
			}
		}
		return found;
	}

	#laterResults({ key, version }: ModelJob["links"][number]): string[] {
		const later = this.#versions.get(key)?.slice(version) ?? [];
		return later.filter((content) => this.#jobs.get(content)?.result !== undefined);
	}

	/** Of any run: the one that superseded may have been replayed since. */
	#isResultOf(contents: readonly string[], result: string | undefined): boolean {
		return contents.some((content) => result?.startsWith(`r${this.#jobId(content).slice(1)}-`));
	}

	#isNeeded({ links }: ModelJob): boolean {
		return links.some((link) => this.#isCurrent(link));
	}

	#isCurrent({ key, version }: ModelJob["links"][number]): boolean {
		return this.#versions.get(key)?.length === version;
	}

	#content(content: string): string {
		return `${this.#scope} ${content}`;
	}

	#jobId(content: string): string {
		return plan(acquisition("any", this.#content(content))).id;
	}
}
