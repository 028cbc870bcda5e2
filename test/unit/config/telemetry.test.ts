import { expect, test } from "vitest";
import { explain } from "#config/explain.ts";
import { minimal, refusal, workspace } from "#test/support/config-workspace.ts";

const traces = (more: string) => `${minimal}telemetry:
  traces: { otlp: "http://collector.lab:4318"${more} }
`;

test("nothing is sent to a collector unless it is configured", async () => {
	const { settings } = await workspace().load(minimal);
	expect(settings.telemetry).toEqual({ traces: undefined });
});

test("an address is enough: every trace of a usual day is kept, and of a burst 50 a second", async () => {
	const { settings } = await workspace().load(traces(""));
	expect(settings.telemetry.traces).toEqual({
		otlp: "http://collector.lab:4318",
		headers: {},
		sample: 1,
		mostPerSecond: 50,
	});
});

test("protocol, headers and sampling are chosen, and headers are shown to nobody", async () => {
	const { settings, effective } = await workspace().load(
		traces(", protocol: grpc, headers: { authorization: Bearer s3cret }, sample: 0.1, mostPerSecond: 5"),
	);
	expect(settings.telemetry.traces).toMatchObject({
		protocol: "grpc",
		headers: { authorization: "Bearer s3cret" },
		sample: 0.1,
		mostPerSecond: 5,
	});
	const shown = explain(effective);
	expect(shown.find(({ key }) => key === "telemetry.traces.headers.authorization")?.value).toBe("***");
	expect(JSON.stringify(shown.map(({ value }) => value))).not.toContain("s3cret");
});

test("the log goes over HTTP, or over gRPC where that is chosen", async () => {
	const logs = (more: string) => `${minimal}telemetry:\n  logs: { otlp: "http://collector.lab:4317"${more} }\n`;
	const protocolOf = async (more: string) => (await workspace().load(logs(more))).settings.telemetry.logs?.protocol;
	expect([await protocolOf(""), await protocolOf(", protocol: grpc")]).toEqual(["http", "grpc"]);
	expect(await refusal(logs(", protocol: udp"))).toContain("grpc");
});

test("what cannot be is refused with what to write", async () => {
	expect(await refusal(traces(", sample: 2"))).toContain("a number from 0 to 1");
	const elsewhere = `${minimal}telemetry: { traces: { otlp: "ftp://collector" } }\n`;
	expect(await refusal(elsewhere)).toContain("http://");
});
