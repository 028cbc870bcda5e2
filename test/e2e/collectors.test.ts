import { createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createLab, type ListedResult } from "#test/support/lab.ts";
import type { Product } from "#test/support/product.ts";
import { treeOfTrace } from "#test/support/received-traces.ts";
import { startOtlpReceiver } from "#test/support/servers/otlp-receiver.ts";
import { describeWith } from "#test/support/services.ts";

/** Takes connections, and never says a word. */
class Hanging {
	readonly #sockets = new Set<Socket>();
	readonly #server: Server = createServer((socket) => this.#sockets.add(socket));
	url = "";

	async start(): Promise<void> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		const address = this.#server.address();
		this.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}

describeWith(["r"], "a collector that is no good", () => {
	const hanging = new Hanging();
	let lab: Product;
	beforeAll(() => hanging.start());
	afterEach(() => lab.remove());
	afterAll(() => hanging.stop());

	it.each([
		["is down", () => "http://127.0.0.1:1"],
		["hangs", () => hanging.url],
	])("that %s is told of once, and every file is analysed as without it", async (_, url) => {
		lab = await createLab({ more: `telemetry: { traces: { otlp: "${url()}" } }` });
		for (let n = 0; n < 20; n++) await lab.write(`data/f${n}.csv`, `${n}\n`);
		const up = await lab.run("up", "--until-idle");
		expect(up.code, up.stderr).toBe(0);
		const results = await lab.json<ListedResult>("list", "results");
		expect(results).toHaveLength(20);
		expect(up.stderr.match(/the collector of traces does not take/g)).toHaveLength(1);
	});
});

describeWith(["r", "otlp"], "without a word in the configuration", () => {
	it("OpenTelemetry's own variables say where traces go, and under which name", async () => {
		const receiver = await startOtlpReceiver();
		const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SERVICE_NAME: "lab-1" };
		const lab = await createLab({ environment });
		try {
			await lab.write("data/plate.csv", "1\n");
			const up = await lab.run("up", "--until-idle");
			expect(up.code, up.stderr).toBe(0);
			const acquired = receiver.spans.find(({ name }) => name === "acquire");
			expect(treeOfTrace(receiver.spans, acquired?.traceId ?? "")).toContain("        commit");
		} finally {
			await lab.remove();
			await receiver.stop();
		}
	});

	it("OTEL_SDK_DISABLED=true sends nothing", async () => {
		const receiver = await startOtlpReceiver();
		const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SDK_DISABLED: "true" };
		const lab = await createLab({ environment });
		try {
			await lab.write("data/plate.csv", "1\n");
			expect((await lab.run("up", "--until-idle")).code).toBe(0);
			expect(receiver.spans).toEqual([]);
		} finally {
			await lab.remove();
			await receiver.stop();
		}
	});
});
