import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisRecord, LocalArtifact } from "#core/ports/analysis-pool.ts";
import { untraced } from "#core/ports/tracer.ts";
import { storeResult } from "#runtime/store-result.ts";
import { acquisition, plan, sha256, traceparent } from "#test/support/acquisitions.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** A store of which some objects cannot be written, and one is written late. */
class TroubledStore extends DirectoryObjectStore {
	readonly refused = new Map<string, WatchRabbitError>();
	late: { readonly name: string; readonly until: Promise<void> } | undefined;
	underWay = 0;

	override async putFile(key: string, file: string): Promise<void> {
		const name = key.slice(key.lastIndexOf("/") + 1);
		const refusal = this.refused.get(name);
		if (refusal !== undefined) throw refusal;
		this.underWay++;
		if (this.late?.name === name) await this.late.until;
		await super.putFile(key, file);
		this.underWay--;
	}
}

describe("storing a result", () => {
	let objects: TroubledStore;
	let directory: ReturnType<typeof temporaryDirectory>;
	beforeEach(() => {
		directory = temporaryDirectory();
		objects = new TroubledStore(join(directory.path, "objects"));
	});
	afterEach(() => directory.remove());

	const artifact = (name: string): LocalArtifact => {
		const file = join(directory.path, name);
		writeFileSync(file, name);
		return { name, file, mediaType: "text/plain", size: name.length, sha256: sha256(name) };
	};

	function store(...names: readonly string[]) {
		const of = acquisition("a.csv", "a");
		const input = { ...of, id: "a1" };
		return storeResult(
			objects,
			{
				job: {
					id: "j1",
					token: 1,
					attempt: 1,
					queuedAt: 0,
					promised: true,
					plan: plan(of),
					inputs: [{ acquisition: input, root: "/instruments" }],
					traceparent,
				},
				acquisition: input,
				record: recordOf(names.map(artifact)),
				analysis: { file: "/analyses/elisa.R", files: [] },
				startedAt: 1_000,
				completedAt: 2_000,
			},
			{ traceparent },
			untraced,
		);
	}

	const keys = async () => {
		const found: string[] = [];
		for await (const { key } of objects.list("")) found.push(key.slice(key.lastIndexOf("/") + 1));
		return found.sort();
	};

	it("that fails in one object fails when no other is being written any more: what is swept stays swept", async () => {
		let goOn = () => {};
		const until = new Promise<void>((resolve) => {
			goOn = resolve;
		});
		objects.late = { name: "late.txt", until };
		objects.refused.set("refused.txt", transient("AWAY", "no connection"));
		let underWayAtItsEnd: number | undefined;
		const stored = store("refused.txt", "late.txt").catch((error: unknown) => {
			underWayAtItsEnd = objects.underWay;
			return error;
		});
		await new Promise((resolve) => setImmediate(resolve));
		goOn();
		expect(await stored).toMatchObject({ code: "AWAY" });
		expect(underWayAtItsEnd).toBe(0);
		expect(await keys()).not.toContain("manifest.json");
	});

	it("says of several failures the one that waiting does not mend", async () => {
		objects.refused.set("away.txt", transient("AWAY", "no connection"));
		objects.refused.set("wrong.txt", permanent("KEY_TOO_LONG", "the store takes no such name"));
		await expect(store("away.txt", "wrong.txt")).rejects.toMatchObject({ code: "KEY_TOO_LONG" });
	});

	it("writes the manifest when all that it names is there", async () => {
		const { manifest } = await store("plot.txt");
		expect(manifest.artifacts.map(({ name }) => name)).toEqual(["plot.txt"]);
		expect(await keys()).toEqual(["log.txt", "manifest.json", "plot.txt"]);
	});
});

function recordOf(artifacts: readonly LocalArtifact[]): AnalysisRecord {
	return {
		outcome: "completed",
		cause: undefined,
		retryAfterMs: undefined,
		measurements: [],
		tables: [],
		artifacts,
		warnings: [],
		log: "done",
		seconds: 1,
		peakMemoryBytes: null,
		engine: "fork",
		r: { version: "4.5.0", platform: "x86_64-pc-linux-gnu", packages: {} },
		seed: 1,
		kind: "script",
		stages: [],
	};
}
