import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Inbox } from "#connectors/file/inbox.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describe("an inbox", () => {
	let root: string;
	let elsewhere: string;
	let remove: () => void;
	beforeEach(() => {
		const directory = temporaryDirectory();
		remove = () => directory.remove();
		root = join(directory.path, "watched");
		elsewhere = join(directory.path, "elsewhere");
		mkdirSync(root);
		mkdirSync(elsewhere);
	});
	afterEach(() => remove());

	it("puts files into its directory, with the directories above them", async () => {
		await new Inbox(root).put("run-7/plate.csv", Buffer.from("1;2\n"));
		expect(readFileSync(join(root, "run-7/plate.csv"), "utf8")).toBe("1;2\n");
	});

	it("goes on when what kept it from its temporary directory is gone", async () => {
		writeFileSync(join(root, ".tmp"), "in the way");
		const inbox = new Inbox(root);
		await expect(inbox.put("plate.csv", Buffer.from("1"))).rejects.toThrow();
		rmSync(join(root, ".tmp"));
		await inbox.put("plate.csv", Buffer.from("1"));
		expect(existsSync(join(root, "plate.csv"))).toBe(true);
	});

	it("waits for a directory that is away, and makes none in its place", async () => {
		rmSync(root, { recursive: true });
		await expect(new Inbox(root).put("plate.csv", Buffer.from("1"))).rejects.toMatchObject({
			code: "SOURCE_UNREACHABLE",
			class: "transient",
		});
		expect(existsSync(root)).toBe(false);
	});

	it("puts nothing behind a link: scans would not find it there", async () => {
		symlinkSync(elsewhere, join(root, "link"));
		const put = new Inbox(root).put("link/run-7/plate.csv", Buffer.from("1"));
		await expect(put).rejects.toMatchObject({ code: "PATH_THROUGH_LINK", class: "permanent" });
		expect(existsSync(join(elsewhere, "run-7"))).toBe(false);
	});
});
