import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import type { Principal } from "#domain/access.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

const anna: Principal = { kind: "user", id: "u1", name: "anna", role: "viewer", projects: "all" };

it("a handshake that is none, and who goes away in one, leave no follower", async () => {
	const lab = new SmallLab();
	const api = apiOfLab(await lab.open(), { identify: () => anna });
	const address = new URL(await api.listen());
	const upgrade = (more: string) =>
		[
			`GET /api/v1/events HTTP/1.1`,
			`Host: ${address.host}`,
			"Connection: Upgrade",
			"Upgrade: websocket",
			more,
			"",
			"",
		].join("\r\n");
	try {
		// Twice as many as one principal may have, and a half of them go away.
		for (let n = 0; n < 220; n++) {
			const socket = connect(Number(address.port), address.hostname);
			socket.on("error", () => {}).resume();
			socket.write(upgrade("Sec-WebSocket-Version: 13"));
			if (n % 2 === 0) socket.destroy();
			else await once(socket, "close");
		}
		const following = new AbortController();
		const headers = { accept: "text/event-stream" };
		const answer = await fetch(`${address.origin}/api/v1/events`, { headers, signal: following.signal });
		following.abort();
		expect(answer.status).toBe(200);
	} finally {
		await api.close(0);
		await lab.remove();
	}
});
