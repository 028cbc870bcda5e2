import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** Of a process that tells: service.name and the like. */
export type Resource = Readonly<Record<string, unknown>>;

/**
 * Stands before a collector that does not say who sent a span: takes note of that, and passes each request on as it is,
 * and its answer back.
 */
export async function startResourceReader(collector: string) {
	const bySpan = new Map<string, Resource>();
	const server = createServer(async (request, response) => {
		const body = await buffer(request);
		if (request.url === "/v1/traces") for (const [span, resource] of resourcesIn(body)) bySpan.set(span, resource);
		const type = request.headers["content-type"] ?? "";
		const sent = request.method === "POST" ? { method: "POST", headers: { "content-type": type }, body } : {};
		try {
			const answer = await fetch(collector + request.url, sent);
			response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? type });
			response.end(Buffer.from(await answer.arrayBuffer()));
		} catch {
			response.destroy();
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		/** Of whom has sent the span of this id. */
		of: (spanId: string): Resource => bySpan.get(spanId) ?? {},
		stop: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}

/** Of an ExportTraceServiceRequest: the resource of each span, by its id. Numbers are those of OTLP's fields. */
function resourcesIn(request: Buffer): [string, Resource][] {
	return fieldsOf(request, 1).flatMap((resourceSpans) => {
		const attributes = fieldsOf(resourceSpans, 1).flatMap((resource) => fieldsOf(resource, 1));
		const resource = Object.fromEntries(attributes.map((one) => [fieldsOf(one, 1).join(), wordsOf(fieldsOf(one, 2))]));
		const spans = fieldsOf(resourceSpans, 2).flatMap((scopeSpans) => fieldsOf(scopeSpans, 2));
		return spans.map((span): [string, Resource] => [fieldsOf(span, 2)[0]?.toString("hex") ?? "", resource]);
	});
}

/** A text, or a list of texts: other kinds of values are left out. */
function wordsOf([value]: readonly Buffer[]): unknown {
	if (value === undefined) return undefined;
	const [list] = fieldsOf(value, 5);
	return list === undefined ? fieldsOf(value, 1)[0]?.toString() : fieldsOf(list, 1).map((one) => wordsOf([one]));
}

/** What a message of Protocol Buffers has under a number, of what has a length: texts, bytes, messages. */
function fieldsOf(message: Buffer, wanted: number): Buffer[] {
	const found: Buffer[] = [];
	let at = 0;
	const varint = () => {
		let value = 0;
		for (let factor = 1; ; factor *= 128) {
			const byte = message.readUInt8(at++);
			value += (byte % 128) * factor;
			if (byte < 128) return value;
		}
	};
	while (at < message.length) {
		const key = varint();
		const [field, type] = [Math.floor(key / 8), key % 8];
		if (type === 0) varint();
		else if (type === 1) at += 8;
		else if (type === 5) at += 4;
		else {
			const length = varint();
			if (field === wanted) found.push(message.subarray(at, at + length));
			at += length;
		}
	}
	return found;
}
