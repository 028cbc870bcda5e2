import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Takes what is sent over OTLP/HTTP, counts requests and bytes, and keeps nothing. Says its port, and ends with its parent. */
let requests = 0;
let bytes = 0;
const server = createServer((request, response) => {
	if (request.method === "GET") {
		response.end(JSON.stringify({ requests, bytes }));
		return;
	}
	request.on("data", (chunk: Buffer) => {
		bytes += chunk.length;
	});
	request.on("end", () => {
		requests++;
		response.setHeader("content-type", "application/x-protobuf");
		response.end();
	});
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
