import { expect, test } from "vitest";
import { checkR } from "#cli/doctor/check-r.ts";
import { watchMode } from "#connectors/file/file-system-type.ts";
import { noServices } from "#test/support/embedded.ts";
import { describeWith, requireR } from "#test/support/services.ts";

describeWith("r", "doctor asks R", () => {
	test("for its version, and which packages of a pool it can load", async () => {
		const rscript = requireR();
		const settings = {
			name: "big",
			workers: 1,
			engine: "auto",
			memoryBytes: undefined,
			outputBytes: 1e6,
			environment: [],
			libraries: [],
			recycleRuns: undefined,
			rscript: undefined,
		} as const;
		const findings = await checkR([{ ...settings, preload: ["stats", "no.such.package"] }], {
			services: noServices,
			watchMode,
			findRscript: () => rscript,
		});
		expect(findings).toMatchObject([
			{ check: "R", subject: "pool big", state: "ok", says: expect.stringMatching(/^R \d+\.\d+\.\d+ at .*Rscript$/) },
			{ check: "packages", state: "ok", says: "stats can be loaded" },
			{ check: "packages", state: "problem", says: "no.such.package cannot be loaded" },
		]);
	});
});
