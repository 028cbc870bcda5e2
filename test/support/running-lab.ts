import { expect } from "vitest";
import { createLab, type LabOptions, type ListedFile, type ListedResult, listed, type Why } from "./lab.ts";
import type { Product, Running } from "./product.ts";

/** What `list jobs` and the API tell of a job. */
export interface ListedJob {
	readonly id: string;
	readonly pipeline: string;
	readonly state: string;
	readonly attemptsUsed: number;
	readonly cause: { readonly code: string; readonly message: string; readonly fix?: string } | null;
}

/** A lab with `up` running in it, asked as its user would: by the API while it works, by commands afterwards. */
export class RunningLab {
	readonly lab: Product;
	readonly up: Running;
	readonly address: string;

	private constructor(lab: Product, up: Running, address: string) {
		this.lab = lab;
		this.up = up;
		this.address = address;
	}

	static async start(options: LabOptions = {}): Promise<RunningLab> {
		return await RunningLab.startIn(await createLab(options));
	}

	static async startIn(lab: Product): Promise<RunningLab> {
		const up = lab.start("up");
		return new RunningLab(lab, up, await up.address());
	}

	/** The file, once it is in this state, for a reason that reads so. */
	async file(path: string, state: string, reason = /^/): Promise<ListedFile> {
		const is = (file: ListedFile) => file.path === path && file.state === state && reason.test(file.reason ?? "");
		const files = await this.#listed<ListedFile>("files", (all) => all.some(is));
		return files.find(is) as ListedFile;
	}

	/** The results of a file, newest first, once they are as hoped. */
	async results(key: string, hoped: (results: readonly ListedResult[]) => boolean): Promise<readonly ListedResult[]> {
		const of = (all: readonly ListedResult[]) => all.filter(({ acquisition }) => acquisition.key === key);
		return of(await this.#listed<ListedResult>("results", (all) => hoped(of(all))));
	}

	async job(pipeline: string, hoped: (job: ListedJob) => boolean): Promise<ListedJob> {
		const is = (job: ListedJob) => job.pipeline === pipeline && hoped(job);
		const jobs = await this.#listed<ListedJob>("jobs", (all) => all.some(is));
		return jobs.find(is) as ListedJob;
	}

	/** What the health endpoint says is not up: "name: detail". */
	async troubles(): Promise<string[]> {
		const answer = await fetch(`${this.address}/health/ready`);
		const { checks } = (await answer.json()) as { checks: { name: string; state: string; detail: string }[] };
		return checks.filter(({ state }) => state !== "up").map(({ name, detail }) => `${name}: ${detail}`);
	}

	async why(path: string): Promise<Why> {
		return await whyOf(this.lab, path);
	}

	/** Nobody waits for the answers of a program that has ended. */
	async #listed<T>(what: string, hoped: (items: readonly T[]) => boolean): Promise<readonly T[]> {
		const ended = this.up.ended.then(({ code, signal, stderr }) => {
			throw new Error(`up ended with ${code ?? signal}:\n${stderr.slice(-5_000)}`);
		});
		return await Promise.race([listed<T>(this.address, what, hoped), ended]);
	}

	/** Drains, and leaves nothing that `verify` could not account for. */
	async end(): Promise<void> {
		const { code, stderr } = await this.up.stop();
		const verified = await this.lab.run("verify");
		await this.lab.remove();
		expect(verified.stdout).toContain("unaccounted: 0");
		expect(verified.code, verified.stderr).toBe(0);
		expect(code, stderr.slice(-2_000)).toBe(0);
	}
}

/** `why PATH --json`, of a path relative to the instrument's directory as `displayPath` shows it. */
export async function whyOf(lab: Product, path: string): Promise<Why> {
	const [why] = await lab.json<Why>("why", `data/${path}`);
	if (why === undefined) throw new Error(`why said nothing of ${path}`);
	return why;
}

/** How it stands now, in the words that a person reads. */
export function now({ events }: Why): string {
	return events.at(-1)?.detail ?? "";
}

/** What happened, by name. */
export function steps({ events }: Why): string[] {
	return events.map(({ what }) => what);
}
