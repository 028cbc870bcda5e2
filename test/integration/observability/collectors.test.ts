import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { Server as GrpcServer, type Metadata, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { startTrace, traceId } from "#core/trace.ts";
import { OtlpLogs } from "#observability/otlp-logs.ts";
import { OtlpSpans } from "#observability/otlp-spans.ts";
import { Tracing } from "#observability/tracing.ts";
import { treeOfTrace } from "#test/support/received-traces.ts";
import { startOtlpReceiver } from "#test/support/servers/otlp-receiver.ts";
import { startToxiproxy } from "#test/support/servers/toxiproxy.ts";
import { describeWith } from "#test/support/services.ts";
import { until } from "#test/support/spine.ts";

/** What a process may be held up by when it ends, and what a loaded machine adds to it. */
const heldUpMs = 1_000 + 2_000;

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).toReversed()) await end();
});

function sending(url: string, protocol: "http" | "grpc" = "http", headers: Readonly<Record<string, string>> = {}) {
	const told = { dropped: 0, why: new Set<string>() };
	const settings = { url, protocol, headers, timeoutMs: 3_000, version: "1.2.3", roles: ["work"] };
	const sink = new OtlpSpans(settings, {
		dropped: (count, why) => {
			told.dropped += count;
			told.why.add(why);
		},
	});
	ends.push(() => sink.close());
	const neighbours = { log: {}, queue: {}, catalog: { "db.system.name": "sqlite" }, objects: {} };
	const sampling = { share: 1, mostPerSecond: 1e6 };
	const tracer = new Tracing({ observe: () => {}, sink, sampling, neighbours });
	const send = (count: number) => {
		for (let i = 0; i < count; i++) tracer.begin("commit", startTrace()).end();
	};
	const close = async () => {
		const at = performance.now();
		await sink.close();
		return performance.now() - at;
	};
	return { tracer, told, send, close };
}

async function listening(server: Server): Promise<string> {
	const sockets = new Set<Socket>();
	server.on("connection", (socket: Socket) => sockets.add(socket));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	ends.push(() => {
		for (const socket of sockets) socket.destroy();
		return new Promise((resolve) => server.close(resolve));
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** As OTLP names its services. */
async function listeningByGrpc(service: "trace.v1.TraceService" | "logs.v1.LogsService") {
	const taken: { body: Buffer; metadata: Metadata }[] = [];
	const server = new GrpcServer();
	const raw = (bytes: Buffer) => bytes;
	server.addService(
		{
			Export: {
				path: `/opentelemetry.proto.collector.${service}/Export`,
				requestStream: false,
				responseStream: false,
				requestSerialize: raw,
				requestDeserialize: raw,
				responseSerialize: raw,
				responseDeserialize: raw,
			},
		},
		{
			Export: ({ request: body, metadata }: ServerUnaryCall<Buffer, Buffer>, answer: (e: null, a: Buffer) => void) => {
				taken.push({ body, metadata });
				answer(null, Buffer.alloc(0));
			},
		},
	);
	const port = await new Promise<number>((resolve, reject) =>
		server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
			error ? reject(error) : resolve(bound),
		),
	);
	ends.push(() => server.forceShutdown());
	return { url: `http://127.0.0.1:${port}`, taken };
}

describe("a collector", () => {
	it("that is down costs its spans and nothing else, and keeps nobody from ending", async () => {
		const { told, send, close } = sending("http://127.0.0.1:1/v1/traces");
		send(10);
		expect(await close()).toBeLessThan(heldUpMs);
		expect(told.dropped).toBe(10);
	});

	it("that hangs is sent no more than a bounded number, and the rest is counted", async () => {
		const url = await listening(createTcpServer(() => {}));
		const { told, send, close } = sending(`${url}/v1/traces`);
		send(10_000);
		await until("the rest is counted", () => told.dropped >= 10_000 - 4_096 - 512);
		expect(await close()).toBeLessThan(heldUpMs);
		expect(told.dropped).toBe(10_000);
	});

	it("that refuses is told of with its answer, and the next batch is tried", async () => {
		let isWell = false;
		let taken = 0;
		const server = createServer((request, response) => {
			request.resume().on("end", () => {
				if (isWell) taken += 1;
				response.writeHead(isWell ? 200 : 400).end();
			});
		});
		const { told, send } = sending(`${await listening(server)}/v1/traces`);
		send(3);
		await until("they are counted", () => told.dropped === 3);
		expect([...told.why].join()).toContain("Bad Request");
		isWell = true;
		send(2);
		await until("the next are taken", () => taken === 1);
		expect(told.dropped).toBe(3);
	});

	it("that speaks gRPC is sent the same, with the headers that it wants", async () => {
		const { url, taken } = await listeningByGrpc("trace.v1.TraceService");
		const { told, send } = sending(url, "grpc", { authorization: "Bearer abc" });
		send(2);
		await until("they are taken", () => taken.length === 1);
		expect(taken[0]?.metadata.get("authorization")).toEqual(["Bearer abc"]);
		const said = taken[0]?.body.toString("latin1");
		for (const word of ["commit", "watchrabbit", "1.2.3", "db.system.name"]) expect(said).toContain(word);
		expect(told.dropped).toBe(0);
	});

	it("that speaks gRPC is sent the log as well; one that is away costs its lines", async () => {
		const { url, taken } = await listeningByGrpc("logs.v1.LogsService");
		const settings = { headers: { authorization: "Bearer abc" }, timeoutMs: 500, version: "1.2.3", roles: ["work"] };
		let dropped = 0;
		const told = {
			dropped: (count: number) => {
				dropped += count;
			},
		};
		const logs = new OtlpLogs({ ...settings, url, protocol: "grpc" }, told);
		ends.push(() => logs.close());
		logs.add(JSON.stringify({ level: "warn", time: new Date().toISOString(), msg: "plate.csv waits" }));
		await until("it is taken", () => taken.length === 1);
		expect(taken[0]?.metadata.get("authorization")).toEqual(["Bearer abc"]);
		const said = taken[0]?.body.toString("latin1");
		for (const word of ["plate.csv waits", "warn", "watchrabbit", "1.2.3"]) expect(said).toContain(word);
		expect(dropped).toBe(0);
		const away = new OtlpLogs({ ...settings, url: "http://127.0.0.1:1", protocol: "grpc" }, told);
		ends.push(() => away.close());
		away.add("a line");
		await until("it is counted", () => dropped === 1);
	});
});

it("a line of the log that cannot be read goes to the collector as it is, and with it all others, once", async () => {
	let body = "";
	const server = createServer((request, response) => {
		request
			.setEncoding("latin1")
			.on("data", (chunk: string) => {
				body += chunk;
			})
			.on("end", () => response.end());
	});
	let dropped = 0;
	let taken = 0;
	const url = `${await listening(server)}/v1/logs`;
	const logs = new OtlpLogs(
		{ url, protocol: "http", headers: {}, timeoutMs: 3_000, version: "1.2.3", roles: ["work"] },
		{
			dropped: (count) => {
				dropped += count;
			},
			taken: () => taken++,
		},
	);
	ends.push(() => logs.close());
	const line = (msg: string, time = new Date().toISOString()) => JSON.stringify({ level: "info", time, msg });
	for (const one of [line("said before"), '{"msg":"torn', line("at no time", "***"), "null", line("said after")])
		logs.add(one);
	await until("they are taken", () => taken === 1 || dropped > 0);
	expect(dropped).toBe(0);
	for (const said of ["said before", '{"msg":"torn', "at no time", "null", "said after"])
		expect(body.split(said), said).toHaveLength(2);
});

describeWith(["otlp", "toxiproxy"], "a collector behind a bad network", () => {
	it("that is slow has everything in the end; one whose connections are reset costs what was on its way", async () => {
		const receiver = await startOtlpReceiver();
		const toxiproxy = await startToxiproxy();
		ends.push(
			() => receiver.stop(),
			() => toxiproxy.stop(),
		);
		const link = await toxiproxy.link("otlp", new URL(receiver.url).host);
		const { tracer, told, send } = sending(`http://${link.address}/v1/traces`);
		await link.poison({ type: "latency", attributes: { latency: 300 } });
		const root = startTrace();
		const attempt = tracer.begin("attempt", root);
		tracer.begin("commit", attempt.trace).end({ failure: { code: "X", message: "away" } });
		attempt.end();
		tracer.record("acquire", undefined, { startMs: tracer.now() - 1_000, endMs: tracer.now() }, { as: root });
		await until("all of it is there", () => receiver.spans.length === 3, 20_000);
		expect(treeOfTrace(receiver.spans, traceId(root))).toEqual(["acquire", "  attempt", "    commit !"]);
		expect(told.dropped).toBe(0);
		await link.mend();
		await link.cut();
		send(5);
		await until("they are counted", () => told.dropped === 5, 20_000);
		await link.mend();
		send(5);
		await until("the next are there", () => receiver.spans.length === 8, 20_000);
	});
});
