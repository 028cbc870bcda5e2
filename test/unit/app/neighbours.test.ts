import { afterEach, beforeEach, expect, it } from "vitest";
import { lookAround } from "#app/neighbours.ts";
import { PeerCertificates } from "#app/peer-certificates.ts";
import type { Role } from "#cli/application.ts";
import { MemoryCache } from "#connectors/memory/cache.ts";
import { systemClock } from "#core/clock.ts";
import { WakeUp } from "#core/wake-up.ts";
import { workspace } from "#test/support/config-workspace.ts";
import { Spine, until } from "#test/support/spine.ts";

let spine: Spine;
beforeEach(async () => {
	spine = await Spine.open();
});
afterEach(() => spine.close());

interface Case {
	readonly roles: readonly Role[];
	readonly source: string;
	readonly looksAt: readonly string[];
}

const cases: readonly Case[] = [
	{ roles: ["watch"], source: "", looksAt: ["catalog", "disk", "event log", "ledger"] },
	{
		roles: ["watch"],
		source: ", archive: true",
		looksAt: ["catalog", "disk", "event log", "ledger", "object store"],
	},
	{ roles: ["serve"], source: ", archive: true", looksAt: ["catalog", "disk", "object store"] },
];

it.each(cases)(
	"a process looks at whom it works with: $roles (source {watch: in$source}) at $looksAt",
	async ({ roles, source, looksAt }) => {
		const { settings } = await workspace().load(`http: { operations: "127.0.0.1:0" }
sources:
  plates: { watch: in${source} }
pipelines:
  count: { from: plates, analysis: a.R }
`);
		const { report, onBroken, path } = spine;
		const state = { ...spine, clock: systemClock, wakeUp: () => new WakeUp(), sinks: new Map() };
		const told = { report, certificates: new PeerCertificates(settings, roles) };
		const looks = lookAround({ ...settings, data: path }, roles, state, new MemoryCache({ report }), told, onBroken);
		const looked = () => new Set(spine.events("neighbour.looked").map(({ neighbour }) => neighbour));
		await until("it looked at so many", () => looked().size >= looksAt.length);
		await looks.stop();
		expect([...looked()].sort()).toEqual(looksAt);
	},
);
