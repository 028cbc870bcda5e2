import { cpSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type InitReport, init } from "#config/init/init.ts";
import { describeWithSharedData, sharedData } from "#test/support/shared-data.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describeWithSharedData("init on what real instruments wrote", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	beforeEach(() => {
		directory = temporaryDirectory();
	});
	afterEach(() => directory.remove());

	/** Looks at a copy without the expected outputs, as an instrument would have left it. */
	async function initialise(set: string): Promise<InitReport> {
		const copy = join(directory.path, basename(set));
		const filter = (path: string) => !/^(_expected|SOURCE\.md)/.test(basename(path));
		cpSync(join(sharedData, set), copy, { recursive: true, filter });
		return await init({
			watch: copy,
			directory: directory.path,
			analysis: undefined,
			force: true,
			looks: 0,
			wait: async () => {},
		});
	}

	test("every set gets a configuration that passes its check", async () => {
		for (const entry of readdirSync(sharedData, { withFileTypes: true })) {
			if (!entry.isDirectory()) continue;
			const { proposal, warnings } = await initialise(entry.name);
			expect(proposal.include.value.length, entry.name).toBeGreaterThan(0);
			expect(warnings).toEqual([]);
		}
	});

	test("a screen's plates are files; its plate list and configuration are none; its replicates are offered as pairs", async () => {
		const { proposal } = await initialise("plate-cellhts2-rnai/KcViab");
		expect(proposal.shape.acquisition).toBe("file");
		expect(proposal.exclude?.value).toEqual(
			expect.arrayContaining(["**/Platelist.txt", "**/Plateconf.txt", "**/Screenlog.txt"]),
		);
		expect(proposal.series).toMatchObject({ groups: 57, members: ["01", "02"] });
	});

	test("the line that all exports of one instrument end with is asked for", async () => {
		const { proposal: spectra } = await initialise("spectra/perkinelmer-jcamp");
		expect(spectra.footer?.value).toBe("##END=\\s*$");
		const { proposal: echo } = await initialise("bench-instruments-zoo/beckman_echo_plate_reformat");
		expect(echo.footer?.value).toBe("Instrument Software Version,[\\d.]+\\s*$");
	});

	test("Illumina run folders are acquisitions, imzML comes with its ibd", async () => {
		const { proposal: runs } = await initialise("illumina-runfolders-umbra");
		expect(runs.shape).toMatchObject({ acquisition: "folder", folders: { value: ["*/*"] } });
		expect(runs.marker).toBeDefined();
		const { proposal: imaging } = await initialise("ms-files/mzdata/imaging");
		expect(imaging.shape).toMatchObject({ acquisition: "group", group: { members: ["ibd", "imzML"] } });
	});
});
