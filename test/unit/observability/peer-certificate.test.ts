import { once } from "node:events";
import { type AddressInfo, createServer as createPlain, type Server } from "node:net";
import { createServer } from "node:tls";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { peerValidity } from "#observability/peer-certificate.ts";
import type { Validity } from "#observability/validity.ts";
import { certificateFor } from "#test/support/certificates.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const dayMs = 86_400_000;

describe("a look at the certificate of a server", () => {
	const directory = temporaryDirectory();
	const servers: Server[] = [];
	afterAll(() => directory.remove());
	afterEach(() => {
		for (const server of servers.splice(0)) server.close();
	});

	async function listening(server: Server) {
		servers.push(server);
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
	}

	const inDays = ({ end }: Validity) => Math.round((end - Date.now()) / dayMs);

	it("tells its life, whether or not it is trusted", async () => {
		const { cert, key } = certificateFor(5, directory.path);
		const place = await listening(createServer({ cert, key }));
		const validity = await peerValidity({ ...place, asks: "at once" }, 5_000);
		expect(inDays(validity)).toBe(5);
		expect(validity.end - validity.start).toBe(5 * dayMs);
	});

	it("tells it of a server that wants to see ours as well", async () => {
		const { cert, key } = certificateFor(7, directory.path);
		for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
			const server = createServer({ cert, key, ca: cert, requestCert: true, rejectUnauthorized: true, maxVersion });
			const place = await listening(server);
			expect(inDays(await peerValidity({ ...place, asks: "at once", cert, key }, 5_000))).toBe(7);
		}
	});

	it("tells nothing of those who vouch for it: of an old one that is sent along clients may know a newer", async () => {
		const authority = certificateFor(9, directory.path);
		const { cert, key } = certificateFor(30, directory.path, authority);
		const place = await listening(createServer({ cert: cert + authority.cert, key }));
		expect(inDays(await peerValidity({ ...place, asks: "at once" }, 5_000))).toBe(30);
	});

	it("fails where nobody answers, or nobody speaks TLS, and does not wait for ever", async () => {
		const silent = await listening(createPlain());
		await expect(peerValidity({ ...silent, asks: "at once" }, 200)).rejects.toThrow();
		await expect(peerValidity({ ...silent, asks: "PostgreSQL" }, 200)).rejects.toThrow();
		const rude = await listening(createPlain((socket) => void socket.end("HTTP/1.1 400\r\n\r\n")));
		await expect(peerValidity({ ...rude, asks: "at once" }, 5_000)).rejects.toThrow();
		const none = await listening(createPlain((socket) => void socket.end("N")));
		await expect(peerValidity({ ...none, asks: "PostgreSQL" }, 5_000)).rejects.toThrow(/TLS/);
		await expect(peerValidity({ host: "127.0.0.1", port: 1, asks: "at once" }, 5_000)).rejects.toThrow();
	});
});
