import { describe, expect, it } from "vitest";
import { declareSecrets } from "#core/secrets.ts";
import { createLogger } from "#observability/logger.ts";

declareSecrets(["true", "info", String(new Date().getFullYear()), 'tok"en-123']);

function logged(fields: object, message: string): { readonly line: string; readonly said: Record<string, unknown> } {
	const lines: string[] = [];
	const stream = { write: (line: string) => void lines.push(line) };
	createLogger({ level: "info", pretty: false, colours: false, stream }).info(fields, message);
	expect(lines).toHaveLength(1);
	const line = lines[0] as string;
	expect(line.endsWith("}\n")).toBe(true);
	return { line, said: JSON.parse(line) as Record<string, unknown> };
}

describe("a line with a secret in it", () => {
	it("can still be read when the secret is a word or a number of JSON", () => {
		const year = new Date().getFullYear();
		const { said } = logged({ archived: true, year }, `the password is true ${year}`);
		expect(said).toMatchObject({ level: "info", archived: true, year, msg: "the password is *** ***" });
		expect(Number.isNaN(Date.parse(String(said.time)))).toBe(false);
	});

	it("can still be read when the secret ends at a quotation mark", () => {
		const { said } = logged({}, 'GET "http://lab/results?token=abc" failed');
		expect(said.msg).toBe('GET "http://lab/results?token=***" failed');
	});

	it.each(['tok"en-123', 'tok\\"en-123', "tok%22en-123", "amqp://u:en-123@host"])(
		"has it nowhere, however deep: %s",
		(form) => {
			const { line } = logged({ tried: [{ with: form }] }, "away");
			expect(line).toContain("***");
			expect(line).not.toContain("en-123");
		},
	);
});
