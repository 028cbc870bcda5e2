import type { Manifest } from "#domain/result.ts";

const sha256 = "0".repeat(64);

/** With every field that a manifest can have. */
export const aManifest: Required<Manifest> = {
	format: "watchrabbit.manifest",
	version: 1,
	result: "r1-1",
	job: "j1",
	pipeline: "elisa",
	acquisition: {
		id: "a1",
		source: "plates",
		key: "plate-1",
		kind: "group",
		members: [{ path: "plate-1.csv", size: 12, sha256, mtimeNs: "-1", ctimeNs: "1795261460751387851", inode: "7" }],
		acquiredAt: 1_795_261_460_751,
		settledAt: 1_795_261_461_381,
		captures: { plate: "1" },
		incomplete: "member B never came",
	},
	analysis: {
		file: "/lab/elisa.R",
		digest: sha256,
		files: [{ path: "elisa.R", size: 3, sha256 }],
		params: { model: "4PL", cut: null, wells: [1, 2] },
	},
	engine: "fork",
	r: { version: "4.2.2", platform: "x86_64-pc-linux-gnu", packages: { stats: "4.2.2" }, sources: { stats: "base" } },
	seed: 7,
	attempt: 1,
	token: 1,
	startedAt: "2026-11-21T11:44:21.411Z",
	completedAt: "2026-11-21T11:44:22.107Z",
	seconds: 0.655,
	peakMemoryBytes: null,
	measurements: [{ name: "Asym", value: 2.345, unit: "OD", lower: 2, upper: 2.5 }],
	tables: [
		{
			name: "standards",
			rows: 2,
			columns: [{ name: "kind", type: "factor", levels: ["standard", "sample"] }],
			artifact: "standards.csv",
		},
	],
	artifacts: [{ name: "standards.csv", mediaType: "text/csv", size: 12, sha256 }],
	warnings: ["a warning"],
	log: "log.txt",
	traceId: "0".repeat(31).concat("1"),
};
