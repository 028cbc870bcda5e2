import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InternalEvent } from "#domain/report.ts";
import type { ActiveAlert } from "#observability/alerts/active-alerts.ts";
import { Webhook } from "#observability/alerts/webhook.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { eventually } from "#test/support/product.ts";
import { Receiver } from "#test/support/receiver.ts";

const nothing = { fired: [], resolved: [] };

interface Message {
	readonly status: string;
	readonly commonLabels: object;
	readonly alerts: readonly { status: string; labels: { pipeline: string }; fingerprint: string; endsAt: string }[];
}

function alert(pipeline: string): ActiveAlert {
	return {
		id: pipeline,
		name: "WatchRabbitFailureRate",
		severity: "warning",
		state: "firing",
		labels: { alertname: "WatchRabbitFailureRate", severity: "warning", pipeline },
		annotations: { summary: `Pipeline ${pipeline} fails.`, description: "", runbook: "page.md", dashboard: "/d/x" },
		value: 0.5,
		since: Date.parse("2026-11-21T10:00:00Z"),
	};
}

describe("the webhook of alerts", () => {
	let receiver: Receiver;
	let clock: ManualClock;
	let told: InternalEvent[];
	let webhook: Webhook;

	beforeEach(async () => {
		receiver = await Receiver.start();
		clock = new ManualClock();
		told = [];
		const url = `${receiver.address}/hooks/very-secret`;
		webhook = new Webhook({ url, token: "a-token", repeatMs: 3_600_000 }, clock, (event) => told.push(event));
	});

	afterEach(async () => {
		await webhook.close();
		await receiver.stop();
	});

	const messages = () => receiver.messages<Message>("/hooks/very-secret");
	const sent = (count: number) =>
		eventually(
			() => (messages().length >= count ? messages() : undefined),
			() => `${count} messages were sent`,
			10_000,
		);

	it("is sent what fires once, and that it is over, as Alertmanager would", async () => {
		const elisa = alert("elisa");
		await webhook.tell([elisa], { fired: [elisa], resolved: [] });
		const [first] = await sent(1);
		expect(first).toMatchObject({
			version: "4",
			status: "firing",
			commonLabels: { pipeline: "elisa" },
			alerts: [{ status: "firing", startsAt: "2026-11-21T10:00:00.000Z", endsAt: "0001-01-01T00:00:00Z" }],
		});
		expect(receiver.received[0]?.headers).toMatchObject({
			authorization: "Bearer a-token",
			"content-type": "application/json",
		});
		await webhook.tell([elisa], nothing);
		await webhook.tell([], { fired: [], resolved: [elisa] });
		const [, second, ...more] = await sent(2);
		expect(second).toMatchObject({
			status: "resolved",
			alerts: [{ status: "resolved", fingerprint: first?.alerts[0]?.fingerprint }],
		});
		expect(more).toEqual([]);
	});

	it("hears that it is over also when that happens while it is being told", async () => {
		const elisa = alert("elisa");
		const telling = webhook.tell([elisa], { fired: [elisa], resolved: [] });
		await webhook.tell([], { fired: [], resolved: [elisa] });
		await telling;
		expect(messages().map(({ status }) => status)).toEqual(["firing", "resolved"]);
	});

	it("is told again of what still fires, after the time that is configured", async () => {
		const elisa = alert("elisa");
		await webhook.tell([elisa], { fired: [elisa], resolved: [] });
		await sent(1);
		await clock.advance(3_599_000);
		await webhook.tell([elisa], nothing);
		await clock.advance(2_000);
		await webhook.tell([elisa], nothing);
		await sent(2);
		expect(messages()).toHaveLength(2);
	});

	it("that refuses is tried again, later and later, and then hears how things stand; a log line tells of it without its address", async () => {
		receiver.answers = 500;
		const [elisa, screen] = [alert("elisa"), alert("screen")];
		await webhook.tell([elisa], { fired: [elisa], resolved: [] });
		await sent(1);
		await clock.advance(1_000);
		await sent(2);
		await webhook.tell([elisa], nothing);
		await clock.advance(1_999);
		expect(messages()).toHaveLength(2);
		await webhook.tell([screen], { fired: [screen], resolved: [elisa] });
		receiver.answers = 200;
		await clock.advance(1);
		const [, , last] = await sent(3);
		expect(last?.alerts.map(({ labels }) => labels.pipeline)).toEqual(["screen"]);
		expect(told).toMatchObject([{ event: "alerts.unsent", error: { code: "WEBHOOK_REFUSED" }, againInMs: 1_000 }]);
		expect(JSON.stringify(told)).not.toContain("very-secret");
	});

	it("that is away keeps nobody from ending", async () => {
		await receiver.stop();
		await webhook.tell([alert("elisa")], { fired: [alert("elisa")], resolved: [] });
		await eventually(
			() => told.find(({ event }) => event === "alerts.unsent"),
			() => "it was told that alerts cannot be sent",
			10_000,
		);
		await webhook.close();
		expect(clock.waiting).toBe(0);
		receiver = await Receiver.start();
	});

	it("is sent many in several messages, and every one of them", async () => {
		const all = Array.from({ length: 250 }, (_, at) => alert(`p${at}`));
		await webhook.tell(all, { fired: all, resolved: [] });
		const told = (await sent(3)).map(({ alerts }) => alerts.length);
		expect(told).toEqual([100, 100, 50]);
	});
});
