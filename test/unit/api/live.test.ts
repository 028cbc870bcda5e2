import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import type { Principal } from "#domain/access.ts";
import { labEvents } from "#domain/lab-events.ts";
import type { InternalEvent } from "#domain/report.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { FollowedEvents } from "#test/support/followed-events.ts";
import { openSockets } from "#test/support/open-sockets.ts";
import { SmallLab } from "#test/support/small-lab.ts";

const projects = [
	{ name: "own", sources: ["plates"], pipelines: ["elisa"] },
	{ name: "watching", sources: ["plates"], pipelines: [] },
	{ name: "foreign", sources: ["images"], pipelines: ["cells"] },
];

function identify({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): Principal {
	const project = String(headers["x-test"] ?? "all");
	return { kind: "key", id: project, name: project, role: "viewer", projects: project === "all" ? "all" : [project] };
}

describe("what happens, as it happens", () => {
	let lab: SmallLab;
	let bench: Workbench;
	let api: Api;
	let address: string;
	let events: InternalEvent[];
	const open: { end(): Promise<void> }[] = [];
	beforeEach(async () => {
		lab = new SmallLab();
		bench = await lab.open();
		events = [];
		api = apiOfLab(bench, { settings: { ...lab.settings, projects }, identify, report: (event) => events.push(event) });
		address = await api.listen();
	});
	afterEach(async () => {
		for (const one of open.splice(0)) await one.end();
		await api.close(1_000);
		await lab.remove();
	});

	async function follow(query = "", lastId?: string, who = "all"): Promise<FollowedEvents> {
		const one = await FollowedEvents.open(`${address}/api/v1/events${query}`, lastId, { "x-test": who });
		open.push(one);
		return one;
	}
	async function analyse(path: string): Promise<{ job: string; result: string }> {
		lab.write(path, `od\n${path}\n`);
		return await lab.analyse(bench, path);
	}
	async function all(): Promise<readonly string[]> {
		return (await labEvents(await bench.catalog.feed(0, 10_000), bench.catalog)).map(({ seq }) => `${seq}`);
	}
	// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the tests are about
	const page = async (query = "", who = "all"): Promise<any> =>
		await (await fetch(`${address}/api/v1/events${query}`, { headers: { "x-test": who } })).json();

	it("tells who follows what comes next, in the form that RabbitMQ and Kafka are told", async () => {
		await analyse("before.csv");
		const followed = await follow();
		expect(followed.answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
		expect(followed.answer.headers.get("cache-control")).toBe("no-store");
		expect(followed.answer.headers.get("x-request-id")).toBeTruthy();
		const { job, result } = await analyse("plate.csv");
		await expect.poll(() => followed.kinds).toContain("result.committed");
		expect(followed.kinds).toEqual(
			expect.arrayContaining(["acquisition.acquired", "job.created", "job.running", "job.completed"]),
		);
		const [acquired] = followed.told;
		expect(acquired).toMatchObject({ event: "acquisition.acquired", data: { source: "plates", key: "plate.csv" } });
		const committed = followed.told.find(({ event }) => event === "result.committed");
		expect(committed?.data).toMatchObject({ id: result, job, pipeline: "elisa", acquisition: { key: "plate.csv" } });
		expect(followed.told.map(({ id }) => id)).toEqual((await all()).slice(-followed.told.length));
	});

	it("goes on after the last id of the client, also when another process answers", async () => {
		await analyse("a.csv");
		const before = await follow("?after=0");
		await expect.poll(() => before.lastId).toBe((await all()).at(-1));
		await before.end();
		await api.close(1_000);
		await analyse("b.csv");
		api = apiOfLab(bench, { settings: lab.settings });
		address = await api.listen();
		const after = await follow("", before.lastId);
		await analyse("c.csv");
		await expect.poll(() => after.lastId).toBe((await all()).at(-1));
		expect([...before.told, ...after.told].map(({ id }) => id)).toEqual(await all());
	});

	it("tells only what is asked for", async () => {
		const { job } = await analyse("a.csv");
		await analyse("b.csv");
		const ends = await follow("?after=0&kind=job.completed,result.committed&pipeline=elisa&source=plates");
		const ofJob = await follow(`?after=0&job=${job}`);
		const ofNone = await follow("?after=0&source=images");
		await expect
			.poll(() => ends.kinds)
			.toEqual(["result.committed", "job.completed", "result.committed", "job.completed"]);
		await expect.poll(() => ofJob.kinds).toContain("result.committed");
		expect(new Set(ofJob.told.map(({ data }) => data.job ?? data.id))).toEqual(new Set([job]));
		expect(ofNone.told).toEqual([]);
		const { status } = await fetch(`${address}/api/v1/events?kind=job.nonsense`);
		expect(status).toBe(400);
	});

	it("tells nobody of foreign projects, and of a source without its pipelines what was only watched", async () => {
		await analyse("a.csv");
		expect((await page("", "own")).items).toEqual((await page()).items);
		expect(await page("", "foreign")).toMatchObject({ items: [], more: false });
		const watched = (await page("", "watching")).items.map(({ event }: { event: string }) => event);
		expect(watched).toEqual(["acquisition.acquired"]);
		const [foreign, own] = [await follow("?after=0", undefined, "foreign"), await follow("?after=0", undefined, "own")];
		await analyse("b.csv");
		await expect.poll(() => own.lastId).toBe((await all()).at(-1));
		expect(own.told.map(({ id }) => id)).toEqual(await all());
		expect(foreign.told).toEqual([]);
	});

	it("gives who does not follow a page, and where the next one begins", async () => {
		for (const name of ["a", "b", "c"]) await analyse(`${name}.csv`);
		const first = await page();
		expect(first.items.map(({ id }: { id: string }) => id)).toEqual(await all());
		expect(first).toMatchObject({ more: false, gap: null });
		expect(await page(`?after=${first.next}`)).toEqual({ items: [], next: first.next, more: false, gap: null });
		await analyse("d.csv");
		const next = await page(`?after=${first.next}`);
		expect([...first.items, ...next.items].map(({ id }) => id)).toEqual(await all());
		expect((await page("?after=9000000000000000")).gap).toMatch(/another catalog/);
	});

	it("answers HEAD without following, and refuses an id that is none", async () => {
		const headers = { accept: "text/event-stream" };
		expect((await fetch(`${address}/api/v1/events`, { method: "HEAD", headers })).status).toBe(200);
		const refused = await fetch(`${address}/api/v1/events`, { headers: { ...headers, "last-event-id": "abc" } });
		expect(refused.status).toBe(400);
	});

	describe("over a WebSocket", () => {
		async function connected(query = "", headers: Record<string, string> = {}) {
			const socket = new WebSocket(`${address.replace("http", "ws")}/api/v1/events${query}`, { headers });
			const told: { readonly id?: string; readonly event: string; readonly data: object }[] = [];
			socket.on("message", (message) => told.push(JSON.parse(String(message))));
			await once(socket, "open");
			open.push({
				end: async () => {
					if (socket.readyState === socket.CLOSED) return;
					socket.terminate();
					await once(socket, "close");
				},
			});
			return { socket, told };
		}

		it("tells the same, under the same filters and the same ids", async () => {
			await analyse("a.csv");
			const { told } = await connected("?after=0");
			const ends = await connected("?after=0&kind=job.completed");
			await analyse("b.csv");
			await expect.poll(() => told.map(({ id }) => id)).toEqual(await all());
			expect(ends.told.map(({ event }) => event)).toEqual(["job.completed", "job.completed"]);
			const { items } = await page();
			expect(told).toEqual(items);
		});

		it("refuses in HTTP what it refuses: unknown filters, pages of other servers", async () => {
			const refused = async (query: string, headers: Record<string, string> = {}) => {
				const socket = new WebSocket(`${address.replace("http", "ws")}/api/v1/events${query}`, { headers });
				socket.on("error", () => {});
				const [, answer] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
				socket.terminate();
				return answer.statusCode;
			};
			expect(await refused("?colour=red")).toBe(400);
			expect(await refused("", { origin: "https://elsewhere.example" })).toBe(403);
			const { socket } = await connected("", { origin: address });
			expect(socket.readyState).toBe(socket.OPEN);
		});

		it("is offered at no other path", async () => {
			const socket = connect(Number(new URL(address).port), "127.0.0.1");
			socket.write("GET /api/v1/problems HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
			const [answer] = await once(socket, "data");
			socket.destroy();
			expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
		});

		it("leaves who says more than a client has to say", async () => {
			const { socket } = await connected();
			socket.send("x".repeat(2_000));
			const [code] = await once(socket, "close");
			expect(code).toBe(1009);
		});

		it("tells a client to come back when the process ends", async () => {
			const { socket, told } = await connected();
			const closed = once(socket, "close");
			await api.close(1_000);
			expect((await closed)[0]).toBe(1013);
			expect(told).toEqual([{ event: "closing", data: { why: "draining" } }]);
		});
	});

	it("tells clients to come back when the process ends, and leaves nothing open", async () => {
		const sockets = openSockets();
		const followed = await Promise.all([follow(), follow(), follow("?after=0")]);
		await api.close(1_000);
		await Promise.all(followed.map(({ over }) => over));
		for (const { told } of followed)
			expect(told).toEqual([{ id: undefined, event: "closing", data: { why: "draining" } }]);
		await expect.poll(openSockets).toBeLessThanOrEqual(sockets);
		expect(events.filter(({ event }) => event === "live.left")).toHaveLength(3);
	});

	it("does not wait for a client that does not read", async () => {
		const socket = connect(Number(new URL(address).port), "127.0.0.1");
		socket.on("error", () => {});
		socket.write("GET /api/v1/events HTTP/1.1\r\nhost: a\r\naccept: text/event-stream\r\n\r\n");
		await expect.poll(() => events.some(({ event }) => event === "live.joined")).toBe(true);
		await api.close(100);
		socket.resume();
		await once(socket, "close");
	});

	it("leaves a client that does not take what it is sent, and goes on with the others; it resumes without a gap", async () => {
		const port = Number(new URL(address).port);
		const socket = connect(port, "127.0.0.1");
		socket.on("error", () => {});
		socket.write("GET /api/v1/events?after=0 HTTP/1.1\r\nhost: a\r\naccept: text/event-stream\r\n\r\n");
		await once(socket, "readable");
		const well = await follow("?after=0");
		const measurements = Array.from({ length: 12_000 }, (_, n) => ({ name: `area ${n}`, value: n, unit: "1" }));
		const isSlow = () => events.some((event) => event.event === "live.left" && event.why === "slow");
		for (let n = 0; n < 100 && !isSlow(); n++) {
			lab.write(`${n}.csv`, `${n}`);
			await lab.analyse(bench, `${n}.csv`, { measurements });
			await expect.poll(() => well.lastId, { timeout: 10_000 }).toBe((await all()).at(-1));
		}
		const chunks: Buffer[] = [];
		socket.on("data", (chunk: Buffer) => chunks.push(chunk));
		if (!socket.closed) await once(socket, "close");
		expect(isSlow()).toBe(true);
		const taken = [
			...Buffer.concat(chunks)
				.toString()
				.matchAll(/^id: (\d+)$/gm),
		].map(([, id]) => id);
		const resumed = await follow("", taken.at(-1));
		await expect.poll(() => resumed.lastId, { timeout: 10_000 }).toBe((await all()).at(-1));
		expect([...taken, ...resumed.told.map(({ id }) => id)]).toEqual(await all());
		expect(well.told.map(({ id }) => id)).toEqual(await all());
	}, 60_000);

	it("counts who follows, what is sent and how late", async () => {
		const one = await follow();
		await analyse("a.csv");
		await expect.poll(() => one.kinds).toContain("result.committed");
		await one.end();
		await expect
			.poll(() => events.find(({ event }) => event === "live.left"))
			.toMatchObject({ why: "gone", clients: 0 });
		const sent = events.filter((event) => event.event === "live.sent");
		expect(sent.reduce((sum, { events }) => sum + events, 0)).toBe(one.told.length);
		expect(sent.every(({ lagSeconds = -1 }) => lagSeconds >= 0)).toBe(true);
	});
});
