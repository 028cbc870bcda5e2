import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Inbox } from "#connectors/file/inbox.ts";
import { MemoryWaitingRoom } from "#connectors/memory/waiting-room.ts";
import { permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { IncomingFile, Source } from "#core/ports/source.ts";
import { Receipt } from "#core/receipt.ts";
import { startTrace, type Trace } from "#core/trace.ts";
import type { InternalEvent } from "#domain/report.ts";
import { type Announced, Ingest } from "#runtime/ingest.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { until } from "#test/support/spine.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { WatchedDirectory } from "#test/support/watched-directory.ts";

/** Messages of a test; one that is to be tried again is handed over again when the test says so. */
class Messages implements Source {
	runs = 0;
	refusal: WatchRabbitError | undefined;
	readonly buried: string[] = [];
	/** Letters that were to be buried, and those that the dead letters alone refuse. */
	readonly triedToBury: string[] = [];
	readonly tooLarge = new Set<string>();
	#sent = 0;
	#take: Parameters<Source["run"]>[0] | undefined;

	async run(take: Parameters<Source["run"]>[0], signal: AbortSignal, hears: () => void): Promise<void> {
		this.runs++;
		if (this.refusal !== undefined) throw this.refusal;
		this.#take = take;
		hears();
		await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
	}

	async idle(): Promise<boolean> {
		return true;
	}

	get running(): boolean {
		return this.#take !== undefined;
	}

	async bury(letter: string, { code }: WatchRabbitError): Promise<void> {
		this.triedToBury.push(letter);
		if (this.refusal !== undefined) throw this.refusal;
		if (this.tooLarge.has(letter)) throw permanent("KAFKA_MESSAGE_TOO_LARGE", "it is larger than the topic takes");
		this.buried.push(`${letter}: ${code}`);
	}

	send(
		sent: Pick<IncomingFile, "path" | "content"> & { readonly origin?: Trace },
		sentAt = Date.parse("2026-11-21T10:00:00Z"),
	): Promise<Outcome> {
		const id = String(++this.#sent);
		const value = { origin: undefined, ...sent, sentAt, id, letter: () => `message ${id}` };
		return new Promise((resolve) => this.#take?.({ value, receipt: new Receipt(resolve), trace: startTrace() }));
	}
}

describe("files that messages bring", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let root: string;
	let messages: Messages;
	let clock: ManualClock;
	let ingest: Ingest;
	let waits: MemoryWaitingRoom<Announced>;
	let ours: boolean;
	const there = new Set<string>();
	let lookFailure: WatchRabbitError | undefined;
	const origins: (readonly [path: string, origin: Trace])[] = [];
	const told: InternalEvent[] = [];
	const broken: WatchRabbitError[] = [];

	beforeEach(() => {
		directory = temporaryDirectory();
		root = join(directory.path, "inbox");
		mkdirSync(root);
		messages = new Messages();
		clock = new ManualClock();
		waits = new MemoryWaitingRoom();
		ours = true;
		there.clear();
		lookFailure = undefined;
		origins.length = 0;
		told.length = 0;
		ingest = new Ingest({
			name: "plates",
			root,
			source: messages,
			inbox: new Inbox(root),
			look: async (path) => {
				if (lookFailure !== undefined) throw lookFailure;
				return there.has(path);
			},
			cameFrom: (path, origin) => void origins.push([path, origin]),
			waits,
			isOurs: () => ours,
			clock,
			report: (event) => void told.push(event),
			onBroken: (error) => void broken.push(error),
		});
	});

	afterEach(async () => {
		await ingest.stop();
		directory.remove();
		expect(broken).toEqual([]);
	});

	const started = async () => {
		ingest.start();
		await until("the source runs", () => messages.running);
	};
	const waiting = async () => (await waits.due(Number.MAX_SAFE_INTEGER, 100)).flat();
	const announced = (path: string, sentAt = clock.now()) => messages.send({ path, content: undefined }, sentAt);

	it("are done with once they are durable, whatever becomes of the trace that they were sent in", async () => {
		await started();
		lookFailure = transient("DATABASE_BUSY", "the ledger is held");
		const sent = { path: "a.csv", content: Buffer.from("od\n"), origin: startTrace() };
		expect(await messages.send(sent)).toEqual({ kind: "delivered" });
		expect(readFileSync(join(root, "a.csv"), "utf8")).toBe("od\n");
		expect(origins).toEqual([]);
		expect(await announced("a.csv")).toMatchObject({ kind: "retry" });
	});

	it("are put into the source's directory, and done with once they are there", async () => {
		await started();
		expect(await messages.send({ path: "run/a.csv", content: Buffer.from("od\n") })).toEqual({ kind: "delivered" });
		expect(readFileSync(join(root, "run/a.csv"), "utf8")).toBe("od\n");
		expect(await messages.send({ path: "run/a.csv", content: Buffer.from("od\n1\n") })).toEqual({ kind: "delivered" });
		expect(readFileSync(join(root, "run/a.csv"), "utf8")).toBe("od\n1\n");
	});

	it("are left to the process that watches the directory, for as long as it does", async () => {
		ours = false;
		ingest.start();
		await clock.advance(10_000);
		expect(messages.runs).toBe(0);
		ours = true;
		await clock.advance(1_000);
		expect(messages.runs).toBe(1);
		ours = false;
		await clock.advance(10_000);
		ours = true;
		await clock.advance(1_000);
		expect(messages.runs).toBe(2);
		expect(await messages.send({ path: "a.csv", content: Buffer.from("od\n") })).toEqual({ kind: "delivered" });
	});

	it("wait for a directory that is away, which is never made in its place", async () => {
		await started();
		rmSync(root, { recursive: true });
		const content = Buffer.from("od\n");
		expect(await messages.send({ path: "a.csv", content })).toMatchObject({
			kind: "retry",
			cause: { code: "SOURCE_UNREACHABLE" },
		});
		mkdirSync(root);
		expect(await messages.send({ path: "a.csv", content })).toEqual({ kind: "delivered" });
	});

	it("leave nothing of what a killed process was writing, and everything of what another is", async () => {
		mkdirSync(join(root, ".tmp"));
		for (const name of ["left", "open"]) writeFileSync(join(root, ".tmp", name), "x");
		utimesSync(join(root, ".tmp/left"), 0, 0);
		await started();
		await messages.send({ path: "a.csv", content: Buffer.from("od\n") });
		expect(readdirSync(join(root, ".tmp"))).toEqual(["open"]);
	});

	it.each(["../a.csv", "/etc/passwd", "a//b", "", "a\0b", ".tmp/a"])("never leave it: %j is rejected", async (path) => {
		await started();
		for (const content of [Buffer.from("x"), undefined]) {
			const outcome = await messages.send({ path, content });
			expect(outcome).toMatchObject({ kind: "rejected", cause: { code: "OBJECT_KEY" } });
		}
		expect(told.map(({ event }) => event)).toEqual(["message.buried", "message.buried"]);
	});

	it("that are announced are done with once the ledger knows them, by their relative or their whole path", async () => {
		await started();
		there.add("run/a.csv");
		expect(await announced("run/a.csv")).toEqual({ kind: "delivered" });
		expect(await announced(`${root}/run/a.csv`)).toEqual({ kind: "delivered" });
	});

	it("that are announced too early wait as rows, hold up nobody, and are looked for again", async () => {
		await started();
		expect(await announced("late.csv")).toEqual({ kind: "delivered" });
		expect(await announced("later.csv")).toEqual({ kind: "delivered" });
		expect(await ingest.idle()).toBe(false);
		there.add("late.csv");
		await clock.advance(2_000);
		expect((await waiting()).map(({ value }) => value.path)).toEqual(["later.csv"]);
		there.add("later.csv");
		await clock.advance(2_000);
		expect(await ingest.idle()).toBe(true);
		expect(messages.buried).toEqual([]);
	});

	it("that never come are kept among the dead letters after a while, whole, each of their messages", async () => {
		await started();
		for (const _ of [1, 2]) expect(await announced("never.csv")).toEqual({ kind: "delivered" });
		await clock.advance(9 * 60_000);
		expect(messages.buried).toEqual([]);
		messages.refusal = transient("KAFKA_AWAY", "Kafka does not answer");
		await clock.advance(90_000);
		expect(await waiting()).toHaveLength(2);
		messages.refusal = undefined;
		await clock.advance(30_000);
		expect(messages.buried.toSorted()).toEqual(["message 1: FILE_NEVER_CAME", "message 2: FILE_NEVER_CAME"]);
		expect(told.map(({ event }) => event).filter((event) => event === "message.buried")).toHaveLength(2);
		expect(await ingest.idle()).toBe(true);
	});

	it.each([
		permanent("KAFKA_PERMISSION_MISSING", "Kafka does not let this user write it"),
		transient("KAFKA_AWAY", "Kafka does not answer"),
	])("that never come and that the dead letters refuse hold up none of those behind them: $code", async (refusal) => {
		await started();
		for (let n = 1; n <= 20; n++) await announced(`never-${n}.csv`);
		await clock.advance(9 * 60_000);
		await announced("late.csv");
		messages.refusal = refusal;
		await clock.advance(65_000);
		told.length = 0;
		there.add("late.csv");
		await clock.advance(11_000);
		expect(await waiting()).toHaveLength(20);
		expect((await waiting()).map(({ value }) => value.path)).not.toContain("late.csv");
		expect(told.map(({ event }) => event)).toEqual(["neighbour.away"]);
	});

	it("that never come are tried one by one with dead letters that refuse some, and only once with any that are away", async () => {
		await started();
		for (const path of ["1", "2", "3"]) await announced(path);
		messages.refusal = transient("KAFKA_AWAY", "Kafka does not answer");
		await clock.advance(605_000);
		expect(messages.triedToBury).toEqual(["message 1"]);
		messages.refusal = undefined;
		messages.tooLarge.add("message 1");
		await clock.advance(11_000);
		expect(messages.buried).toEqual(["message 2: FILE_NEVER_CAME", "message 3: FILE_NEVER_CAME"]);
		expect((await waiting()).map(({ value }) => value.letter)).toEqual(["message 1"]);
	});

	it("wait no longer because their messages come from the future", async () => {
		await started();
		await announced("never.csv", clock.now() + 1e12);
		await clock.advance(11 * 60_000);
		expect(messages.buried).toEqual(["message 1: FILE_NEVER_CAME"]);
	});

	it("wait for whoever watches the directory next, and for nobody else", async () => {
		await waits.put({ key: "7", id: "7", value: { path: "a.csv", letter: "" }, since: 0, dueAt: clock.now() + 60_000 });
		there.add("a.csv");
		ours = false;
		ingest.start();
		await clock.advance(10_000);
		expect(await waiting()).toHaveLength(1);
		ours = true;
		await clock.advance(2_000);
		expect(await waiting()).toEqual([]);
		ours = false;
		await clock.advance(2_000);
		await waits.put({ key: "8", id: "8", value: { path: "a.csv", letter: "" }, since: 0, dueAt: clock.now() + 60_000 });
		ours = true;
		await clock.advance(2_000);
		expect(await waiting()).toEqual([]);
	});

	it("that were announced long ago and are not there hold up nobody", async () => {
		await started();
		const outcome = await announced("tidied.csv", clock.now() - 3_600_000);
		expect(outcome).toMatchObject({ kind: "rejected", cause: { code: "FILE_NEVER_CAME" } });
	});

	it("come when a source that refused is corrected, and nothing ends meanwhile", async () => {
		messages.refusal = permanent("KAFKA_TOPIC_MISSING", "Kafka has no such topic", { fix: "Create it." });
		ingest.start();
		await until("it is told", () => told.length > 0);
		expect(told[0]).toMatchObject({
			event: "neighbour.away",
			error: { code: "KAFKA_TOPIC_MISSING", fix: "Create it." },
		});
		messages.refusal = undefined;
		await clock.advance(5_000);
		await until("the source runs", () => messages.running);
		expect(told.map(({ event }) => event)).toEqual(["neighbour.away", "neighbour.back"]);
	});

	it("go on in the trace of their message, also those that come later than it; not before they are there", async () => {
		await started();
		const [atOnce, later, carried] = [startTrace(), startTrace(), startTrace()];
		there.add("run/a.csv");
		await messages.send({ path: "run/a.csv", content: undefined, origin: atOnce }, clock.now());
		await messages.send({ path: "run/b.csv", content: undefined, origin: later }, clock.now());
		expect(origins).toEqual([["run/a.csv", atOnce]]);
		there.add("run/b.csv");
		await clock.advance(1_000);
		await until("the later one is there", () => origins.length === 2);
		there.add("run/c.csv");
		await messages.send({ path: "run/c.csv", content: Buffer.from("od\n"), origin: carried });
		await announced("run/a.csv");
		expect(origins.slice(1)).toEqual([
			["run/b.csv", later],
			["run/c.csv", carried],
		]);
	});

	it("settle as all files do, and nothing of how they were written is seen", async () => {
		const watched = new WatchedDirectory({ exclude: [".tmp/**"] });
		await watched.source.start();
		const { source, ledger } = watched;
		const settling = new Ingest({
			name: "instrument",
			root: watched.root,
			source: messages,
			inbox: new Inbox(watched.root),
			look: async (path) => {
				await source.look(path);
				return ledger.find("instrument", path) !== undefined;
			},
			cameFrom: (path, origin) => ledger.cameFrom("instrument", path, origin),
			waits,
			isOurs: () => true,
			clock,
			report: (event) => void told.push(event),
			onBroken: (error) => void broken.push(error),
		});
		settling.start();
		await until("the source runs", () => messages.running);
		expect(await announced("run/a.csv")).toEqual({ kind: "delivered" });
		await messages.send({ path: "run/a.csv", content: Buffer.from("od\n1\n") });
		await messages.send({ path: "b.csv", content: Buffer.from("od\n2\n") });
		expect(await announced("run/a.csv")).toEqual({ kind: "delivered" });
		expect(await announced("b.csv")).toEqual({ kind: "delivered" });
		expect(await watched.settle("run/a.csv")).toMatchObject({ kind: "complete" });
		expect(Object.keys(watched.states()).toSorted()).toEqual(["b.csv", "run/a.csv"]);
		await settling.stop();
		await watched.close();
	});
});
