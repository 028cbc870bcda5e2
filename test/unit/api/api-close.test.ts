import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import { sha256 } from "#test/support/acquisitions.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

/** More than the buffers of two sockets and a stream hold. */
const rows = "0123456789abcde\n".repeat(2_000_000);

describe("the end of the API", () => {
	let lab: SmallLab;
	let bench: Workbench;
	let api: Api;
	let address: URL;
	let path: string;
	beforeEach(async () => {
		lab = new SmallLab();
		bench = await lab.open();
		api = apiOfLab(bench);
		address = new URL(await api.listen());
		const file = join(lab.directory.path, "rows.txt");
		writeFileSync(file, rows);
		lab.write("a.csv", "1");
		const artifact = { name: "rows.txt", file, mediaType: "text/plain", size: rows.length, sha256: sha256(rows) };
		const { result } = await lab.analyse(bench, "a.csv", { artifacts: [artifact] });
		path = `/api/v1/results/${result}/artifacts/rows.txt`;
	});
	afterEach(async () => {
		await api.close(0);
		await lab.remove();
	});

	/** A download that has begun, and of which nothing more is read. */
	async function stalled(): Promise<Socket> {
		const socket = connect(Number(address.port), address.hostname);
		socket.on("error", () => {});
		socket.write(`GET ${path} HTTP/1.1\r\nhost: ${address.host}\r\nconnection: close\r\n\r\n`);
		await once(socket, "readable");
		return socket;
	}

	it("does not wait longer than the grace for a client that has stopped reading", async () => {
		const socket = await stalled();
		await api.close(50);
		socket.resume();
		await once(socket, "close");
		expect(socket.bytesRead).toBeLessThan(rows.length);
	});

	it("lets a download end that goes on", async () => {
		const socket = await stalled();
		const closed = api.close(60_000);
		socket.resume();
		await once(socket, "close");
		await closed;
		expect(socket.bytesRead).toBeGreaterThan(rows.length);
	});
});
