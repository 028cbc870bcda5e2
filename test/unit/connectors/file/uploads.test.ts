import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Reception } from "#connectors/file/reception.ts";
import { Uploads } from "#connectors/file/uploads.ts";
import type { Terms } from "#core/ports/inlet.ts";
import { smallFileSystem } from "#test/support/small-file-system.ts";

const whatever: Terms = { onlyNew: false, replacing: undefined };

it("keep of a part what a file system that fills up has taken, and go on from there", async ({ skip }) => {
	const small = smallFileSystem(1);
	if ("missing" in small) return skip(small.missing);
	try {
		const root = join(small.path, "watched");
		mkdirSync(root);
		const uploads = new Uploads(root, new Reception(root, 1e9));
		const content = Buffer.concat(["A", "B", "C"].map((letter) => Buffer.alloc(60_000, letter)));
		const { id } = await uploads.create({ path: "a.csv", bytes: content.length, terms: whatever });
		small.fill(100_000);
		// There is room again when the chunk after the one that found none comes.
		const body = async function* () {
			yield content.subarray(0, 60_000);
			yield content.subarray(60_000, 120_000);
			small.makeRoom();
			yield content.subarray(120_000);
		};
		await expect(uploads.append(id, 0, body())).rejects.toMatchObject({ code: "DISK_FULL", class: "transient" });
		small.makeRoom();
		const { offset } = await uploads.find(id);
		expect(offset).toBeGreaterThan(60_000);
		const rest = async function* () {
			yield content.subarray(offset);
		};
		expect(await uploads.append(id, offset, rest())).toMatchObject({ received: { became: "created" } });
		expect(readFileSync(join(root, "a.csv")).equals(content)).toBe(true);
	} finally {
		small.remove();
	}
});
