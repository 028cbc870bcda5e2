import { join } from "node:path";
import { Subject, type Subscription } from "rxjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { systemClock } from "#core/clock.ts";
import type { Envelope } from "#core/envelope.ts";
import { permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { LogEvent } from "#core/ports/event-log.ts";
import type { Conclusion, Unit } from "#core/ports/ledger.ts";
import { untraced } from "#core/ports/tracer.ts";
import { Receipt } from "#core/receipt.ts";
import { isSampled, startTrace, type Trace, traceId, withSampled } from "#core/trace.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { Settled } from "#domain/verdict.ts";
import type { Span } from "#observability/span.ts";
import { publish } from "#runtime/publish.ts";
import { acquisition } from "#test/support/acquisitions.ts";
import { collectedSpans } from "#test/support/collected-spans.ts";
import { nothingPaused } from "#test/support/nothing-paused.ts";
import { until } from "#test/support/spine.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** A log that refuses one key, or everything. */
class RefusingLog extends SqliteEventLog {
	refusal: { readonly key: string | undefined; readonly error: WatchRabbitError } | undefined;
	refusals = 0;

	override async append(events: readonly LogEvent[]): Promise<void> {
		const { key, error } = this.refusal ?? {};
		if (error !== undefined && (key === undefined || events.some((event) => event.key === key))) {
			this.refusals++;
			throw error;
		}
		await super.append(events);
	}
}

/** A ledger that cannot conclude one unit. */
class RefusingLedger extends SqliteLedger {
	refused: number | undefined;
	publicationsAsked = 0;
	originsAsked = 0;

	override origins(unit: number) {
		this.originsAsked++;
		return super.origins(unit);
	}

	override publication(unit: number) {
		this.publicationsAsked++;
		return super.publication(unit);
	}

	override conclude(conclusions: readonly Conclusion[]): void {
		if (conclusions.some(({ unit }) => unit === this.refused)) throw permanent("NO_SUCH_UNIT", "cannot be concluded");
		super.conclude(conclusions);
	}
}

describe("publishing", () => {
	let log: RefusingLog;
	let ledger: RefusingLedger;
	let settled$: Subject<Envelope<Settled>>;
	let subscription: Subscription;
	let told: Map<string, Outcome>;
	let broken: unknown[];
	let reported: InternalEvent[];
	let spans: readonly Span[];
	let publishing: (traced: Pick<Parameters<typeof publish>[0], "tracer" | "toldOf">) => Subscription;
	let remove: () => void;
	beforeEach(() => {
		const directory = temporaryDirectory();
		remove = directory.remove;
		log = new RefusingLog(join(directory.path, "log.db"));
		ledger = new RefusingLedger(join(directory.path, "ledger.db"));
		settled$ = new Subject();
		told = new Map();
		broken = [];
		reported = [];
		const unsampled = collectedSpans({ share: 0, mostPerSecond: 1 });
		spans = unsampled.spans;
		const roots = new Map([["plates", "/instruments"]]);
		const edge = {
			log,
			ledger,
			roots,
			gathering: new Set<string>(),
			writing: new Set<Promise<unknown>>(),
			paused: nothingPaused,
			clock: systemClock,
			report: (event: InternalEvent) => reported.push(event),
		};
		publishing = (traced) =>
			settled$.pipe(publish({ ...edge, ...traced })).subscribe({ error: (error: unknown) => broken.push(error) });
		subscription = publishing({ tracer: unsampled.tracer, toldOf: new Set() });
	});
	afterEach(async () => {
		subscription.unsubscribe();
		await log.close();
		ledger.close();
		remove();
	});

	/** Units that were seen, and found complete. */
	function settle(...paths: readonly string[]): void {
		const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
		ledger.observe(
			"plates",
			paths.map((path) => ({ kind: "changed", path, stat, folder: undefined, at: 1, wakeAt: 2 })),
		);
		const units = new Map(ledger.due(10, 100, new Set()).map((unit) => [unit.path, unit]));
		for (const path of paths) {
			const value = { unit: units.get(path) as Unit, acquisition: acquisition(path, path) };
			const receipt = new Receipt((outcome) => told.set(path, outcome));
			settled$.next({ value, receipt, trace: { traceparent: "" } });
		}
	}

	const allTold = (count: number) => until("all are told", () => told.size === count);
	const kinds = () => Object.fromEntries([...told].map(([path, { kind }]) => [path, kind]));
	const stateOf = (path: string) => ledger.find("plates", path)?.state;
	const published = async () => {
		const records = await log.open(undefined).read(100, new AbortController().signal);
		return records.map(({ key }) => key);
	};

	it("appends, concludes and delivers", async () => {
		settle("a", "b");
		await allTold(2);
		expect([kinds(), stateOf("a"), stateOf("b")]).toEqual([{ a: "delivered", b: "delivered" }, "settled", "settled"]);
		expect(await published()).toEqual(["plates/a", "plates/b"]);
	});

	it("tells of what left the edge with what was decided of its trace, which is in the log, and noted, too", async () => {
		settle("a");
		await allTold(1);
		const [record] = await log.open(undefined).read(1, new AbortController().signal);
		const told = reported.filter(({ event }) => event === "unit.settled") as (InternalEvent & Trace)[];
		expect([isSampled(record as Trace), ...told.map(isSampled)]).toEqual([false, false]);
		expect(ledger.publication(ledger.find("plates", "a")?.id ?? 0)).toMatchObject({ isTraced: false });
	});

	it("goes on below the trace that it was told of in, which decides whether it is kept, and links the others", async () => {
		const [first, second] = [startTrace(), startTrace()];
		settle("a");
		await allTold(1);
		const wait = (path: string) => {
			const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
			ledger.observe("plates", [{ kind: "changed", path, stat, folder: undefined, at: 1, wakeAt: 2 }]);
		};
		wait("b");
		ledger.cameFrom("plates", "b", first);
		ledger.cameFrom("plates", "b", second);
		settle("b");
		await allTold(2);
		const acquired = spans.filter(({ name }) => name === "acquire");
		expect(acquired).toMatchObject([{ below: first, links: [second] }]);
		expect(acquired.map(({ at }) => traceId(at))).toEqual([traceId(first)]);
		wait("c");
		ledger.cameFrom("plates", "c", withSampled(first, false));
		settle("c");
		await allTold(3);
		expect(spans.filter(({ name }) => name === "acquire")).toEqual(acquired);
	});

	it("asks the ledger for the sake of spans only where they are kept", async () => {
		settle("a");
		await allTold(1);
		expect([ledger.publicationsAsked, spans]).toEqual([0, []]);
		log.refusal = { key: "plates/b", error: permanent("MESSAGE_TOO_LARGE", "too large") };
		settle("b");
		await allTold(2);
		expect(ledger.publicationsAsked).toBe(1);
		expect(spans.map(({ name }) => name)).toEqual(["publish", "settle", "acquire"]);
	});

	it("asks for traces that it was told of in only where spans are made, or messages tell of files", async () => {
		subscription.unsubscribe();
		subscription = publishing({ tracer: untraced, toldOf: new Set(["others"]) });
		settle("a");
		await allTold(1);
		expect(ledger.originsAsked).toBe(0);
		expect(ledger.publication(ledger.find("plates", "a")?.id ?? 0)).not.toHaveProperty("isTraced");
		subscription.unsubscribe();
		subscription = publishing({ tracer: untraced, toldOf: new Set(["plates"]) });
		settle("b");
		await allTold(2);
		expect(ledger.originsAsked).toBe(1);
	});

	it("rejects alone what the log will never take", async () => {
		log.refusal = { key: "plates/b", error: permanent("MESSAGE_TOO_LARGE", "too large") };
		settle("a", "b", "c");
		await allTold(3);
		expect(kinds()).toEqual({ a: "delivered", b: "rejected", c: "delivered" });
		expect(told.get("b")).toMatchObject({ cause: { code: "MESSAGE_TOO_LARGE" } });
		expect([stateOf("a"), stateOf("c")]).toEqual(["settled", "settled"]);
		expect(await published()).toEqual(["plates/a", "plates/c"]);
		expect(broken).toEqual([]);
	});

	it("rejects alone what the ledger cannot conclude, and publishes nothing twice", async () => {
		settle("a", "b", "c");
		ledger.refused = ledger.find("plates", "b")?.id;
		await allTold(3);
		expect(kinds()).toEqual({ a: "delivered", b: "rejected", c: "delivered" });
		expect(await published()).toEqual(["plates/a", "plates/b", "plates/c"]);
		expect(broken).toEqual([]);
	});

	it("says that the pipeline is broken when the log takes nothing at all, and everything comes again", async () => {
		log.refusal = { key: undefined, error: permanent("DATABASE_CORRUPT", "damaged", { unusable: true }) };
		settle("a", "b");
		await allTold(2);
		expect(kinds()).toEqual({ a: "retry", b: "retry" });
		expect(broken).toMatchObject([{ code: "DATABASE_CORRUPT" }]);
	});

	it("gives everything back at once when it is taken down while the log is away", async () => {
		log.refusal = { key: undefined, error: transient("AWAY", "no connection") };
		settle("a");
		await until("the log was asked", () => log.refusals > 0);
		settle("b");
		subscription.unsubscribe();
		await allTold(2);
		expect(kinds()).toEqual({ a: "retry", b: "retry" });
	});
});
