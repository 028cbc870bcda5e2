import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { cp, mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { Role } from "#cli/application.ts";
import type { LabOptions } from "#test/support/lab.ts";
import { eventually } from "#test/support/product.ts";
import { shuffled } from "#test/support/seeded-random.ts";
import { instrumentFile, instrumentFiles } from "#test/support/shared-data.ts";
import type { UnreliableLab, UnreliableServices } from "#test/support/unreliable-services.ts";
import { RoleProcess } from "./role-process.ts";
import { walkCatalog, walkLedger } from "./walk.ts";

export type Random = () => number;

export interface SiteOptions extends LabOptions {
	readonly roles?: readonly Role[];
	/** What is stopped comes back after this. */
	readonly outageMs?: number;
}

const everyRole = ["watch", "serve", "flow", "flow", "work", "work"] as const;
/** Large files say nothing about faults that small ones do not. */
const mostBytes = 300_000;
const pauseBetweenFilesMs = 400;
const begunWithinMs = 60_000;
const settledWithinMs = 300_000;
const askAgainMs = 300;
/** Connections to services come and go; a leak grows with every fault. */
const moreHandles = 25;

/** The processes of one lab, the services they work over, and the instrument that writes. */
export class Site {
	readonly services: UnreliableServices;
	readonly roles: readonly RoleProcess[];
	readonly outageMs: number;
	readonly at: UnreliableLab;
	/** Digests of all that was written. */
	readonly #contents = new Set<string>();
	readonly #handles = new Map<Role, number>();

	private constructor(services: UnreliableServices, at: UnreliableLab, { roles = everyRole, outageMs }: SiteOptions) {
		this.services = services;
		this.at = at;
		this.roles = roles.map((role, number) => new RoleProcess(at.lab, role, number));
		this.outageMs = outageMs ?? 8_000;
	}

	static async prepare(services: UnreliableServices, options: SiteOptions): Promise<Site> {
		const at = await services.createLab({
			source: `    include: ["**"]\n    exclude: []\n    complete: { quiet: 100ms }\n    scanEvery: 2s`,
			pipeline: "    retry: { attempts: 50, backoff: 100ms }",
			...options,
		});
		return new Site(services, at, options);
	}

	/** Resolves when every role has done its work once. */
	async begin(): Promise<void> {
		for (const role of this.roles) await role.start();
		await this.write("first.txt", "the first file\n");
		await this.settles(begunWithinMs);
		for (const { role, handles } of this.roles)
			this.#handles.set(role, Math.max(handles.length, this.#handles.get(role) ?? 0));
	}

	/** For whoever reads what happened. */
	tell(what: string): void {
		console.info(`chaos: ${new Date().toISOString().slice(11, 23)} ${what}`);
	}

	/** One of these roles, in the hands of nobody else. */
	async withRole<T>(role: Role, random: Random, action: (process: RoleProcess) => Promise<T>): Promise<T> {
		const ofRole = this.roles.filter((process) => process.role === role);
		const process = ofRole[Math.floor(random() * ofRole.length)] as RoleProcess;
		this.tell(process.name);
		return await process.hold(() => action(process));
	}

	/** Whole at once, as a copy that is renamed. */
	async write(name: string, content: string): Promise<void> {
		await this.at.lab.write("aside/file", content);
		await this.#placed(name);
	}

	/** Instrument files one after the other, in an order and at a pace of this randomness, until it is aborted or there are no more. */
	async feed(random: Random, signal: AbortSignal): Promise<void> {
		const small = [...instrumentFiles()].filter((file) => statSync(instrumentFile(file)).size < mostBytes);
		for (const file of shuffled(small, random)) {
			if (signal.aborted) return;
			await mkdir(this.at.lab.path("aside"), { recursive: true });
			await cp(instrumentFile(file), this.at.lab.path("aside/file"));
			await this.#placed(file);
			await pause(random() * pauseBetweenFilesMs);
		}
	}

	/** Every instrument file, whatever its size, as fast as they can be copied. */
	async feedAll(random: Random): Promise<void> {
		await mkdir(this.at.lab.path("aside"), { recursive: true });
		for (const file of shuffled([...instrumentFiles()], random)) {
			await cp(instrumentFile(file), this.at.lab.path("aside/file"));
			await this.#placed(file);
		}
	}

	async #placed(name: string): Promise<void> {
		const { lab } = this.at;
		const from = lab.path("aside/file");
		this.#contents.add(createHash("sha256").update(readFileSync(from)).digest("hex"));
		await mkdir(dirname(lab.path("data", name)), { recursive: true });
		await rename(from, lab.path("data", name));
	}

	/** Resolves when every content has its result, the watch has heard of it, and nothing waits to be sent or removed. */
	async settles(withinMs = settledWithinMs): Promise<void> {
		let open = "";
		await eventually(
			async () => {
				const { results, outbox, strays } = await walkCatalog(this.at.database);
				const found = new Set(results.map(({ digest }) => digest));
				const missing = [...this.#contents].filter((digest) => !found.has(digest)).length;
				const unheard = [...walkLedger(this.at.lab.path("state/ledger.db")).values()].filter(
					({ state }) => state !== "analysed",
				).length;
				open = `${missing} of ${this.#contents.size} contents have no result, ${unheard} files are not analysed, ${outbox} hints are not sent, ${strays} attempts are not cleaned up after`;
				if (missing + unheard + outbox + strays === 0) return true;
				await pause(askAgainMs);
				return undefined;
			},
			() =>
				`all is analysed: ${open}\n${this.roles.map(({ name, said }) => `${name}: ${said.slice(-1_500)}`).join("\n")}`,
			withinMs,
		);
	}

	/** As their hosts would: by SIGTERM, after which each ends well. */
	async end(): Promise<void> {
		for (const { name, role, handles, running } of this.roles) {
			expect(running.child.exitCode, `${name} goes on: ${running.output.slice(-3_000)}`).toBe(null);
			expect(handles.length, `handles of ${name} by now`).toBeLessThan((this.#handles.get(role) ?? 0) + moreHandles);
		}
		for (const { name, running } of this.roles) {
			const { code, stderr } = await running.stop();
			expect(code, `${name}: ${stderr.slice(-3_000)}`).toBe(0);
		}
		for (const { name, said } of this.roles)
			expect(said.match(/MaxListenersExceededWarning.*/)?.[0], `what ${name} says of listeners`).toBe(undefined);
	}
}
