import { expect, test } from "vitest";
import { defaultObjectives } from "#domain/objectives.ts";
import { minimal, refusal, workspace } from "#test/support/config-workspace.ts";

const objectives = (text: string) => `${minimal}objectives: ${text}\n`;
const loaded = async (text: string) => (await workspace().load(text)).settings.objectives;

test("what is promised has defaults, of which any part may be said otherwise", async () => {
	expect(await loaded(minimal)).toEqual(defaultObjectives);
	expect(await loaded(objectives('{ result: { within: 2h }, api: { of: "99.95%" } }'))).toEqual({
		result: { withinMs: 7_200_000, of: 0.99 },
		api: { of: 0.9995 },
	});
	expect(await loaded(objectives("{ result: { of: 90% } }"))).toMatchObject({ result: { of: 0.9 } });
});

test("a share that cannot be promised, or missed, is refused with what to write", async () => {
	expect(await refusal(objectives("{ result: { of: 99 } }"))).toContain('Write "99%"');
	for (const of of ["100%", "0%", "0.0%", "101%", "most"]) {
		expect(await refusal(objectives(`{ api: { of: "${of}" } }`))).toContain("more than 0 and less than 100 %");
	}
	expect(await refusal(objectives("{ result: { within: 0s } }"))).toContain("longer than nothing");
});
