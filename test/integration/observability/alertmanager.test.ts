import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { defaultObjectives } from "#domain/objectives.ts";
import { alertmanagerConfig } from "#observability/alertmanager/alertmanager-config.ts";
import { eventually } from "#test/support/product.ts";
import { Receiver } from "#test/support/receiver.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { killed } from "#test/support/servers/killed.ts";
import { MailServer } from "#test/support/servers/mail-server.ts";
import { describeWith, requireService } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const published = fileURLToPath(new URL("../../../observability/alertmanager/alertmanager.yml", import.meta.url));

interface Message {
	readonly status: string;
	readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

describeWith("amtool", "the configuration of Alertmanager", () => {
	it("is one that Alertmanager takes", () => {
		const { status, stdout, stderr } = spawnSync(requireService("amtool"), ["check-config", published], {
			encoding: "utf8",
		});
		expect(status, stdout + stderr).toBe(0);
	});

	it.each([
		["critical", "pager,mail,chat"],
		["warning", "mail,chat"],
		["info", "chat"],
	])("tells of what is %s: %s", (severity, receivers) => {
		const args = ["config", "routes", "test", `--config.file=${published}`, `severity=${severity}`];
		expect(spawnSync(requireService("amtool"), args, { encoding: "utf8" }).stdout.trim()).toBe(receivers);
	});
});

describeWith("alertmanager", "Alertmanager with that configuration", () => {
	const directory = temporaryDirectory();
	let receiver: Receiver;
	let mail: MailServer;
	let alertmanager: ChildProcess;
	let address: string;

	beforeAll(async () => {
		[receiver, mail] = await Promise.all([Receiver.start(), MailServer.start()]);
		const file = (name: string, text: string) => {
			writeFileSync(join(directory.path, name), text);
			return join(directory.path, name);
		};
		const config = alertmanagerConfig(
			{
				mail: { to: "on-call@lab.test", from: "watchrabbit@lab.test", smarthost: mail.address, requireTls: false },
				chat: { urlFile: file("chat-url", `${receiver.address}/chat`), channel: "#instruments" },
				pager: { url: `${receiver.address}/pager`, tokenFile: file("pager-token", "a-token") },
			},
			defaultObjectives,
		);
		// Nobody waits here for others to join a group.
		const impatient = stringify(config).replaceAll(/(group_(?:wait|interval)): \w+/g, "$1: 1s");
		address = `127.0.0.1:${await freePort()}`;
		alertmanager = spawn(
			requireService("alertmanager"),
			[
				`--config.file=${file("alertmanager.yml", impatient)}`,
				`--storage.path=${join(directory.path, "data")}`,
				`--web.listen-address=${address}`,
				"--cluster.listen-address=",
			],
			{ stdio: "ignore" },
		);
		await eventually(
			async () => ((await fetch(`http://${address}/-/ready`)).ok ? true : undefined),
			() => "Alertmanager was ready",
		);
	});

	afterAll(async () => {
		await killed(alertmanager);
		await Promise.all([receiver.stop(), mail.stop()]);
		directory.remove();
	});

	async function post(...alerts: readonly (Readonly<Record<string, string>> & { readonly endsAt?: string })[]) {
		const body = alerts.map(({ endsAt, ...labels }) => ({
			labels: { ...labels, product: "watchrabbit" },
			annotations: { summary: `${labels.alertname} of ${labels.source ?? "all"}.`, runbook: "page.md" },
			...(endsAt === undefined ? {} : { endsAt }),
		}));
		const { ok } = await fetch(`http://${address}/api/v2/alerts`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(body),
		});
		expect(ok).toBe(true);
	}

	const pages = (name: string) =>
		receiver.messages<Message>("/pager").filter(({ alerts }) => alerts.some(({ labels }) => labels.alertname === name));
	const chats = (name: string) =>
		receiver
			.messages<{ text: string; attachments: { title: string; text: string }[] }>("/chat")
			.filter(({ attachments }) => attachments.some(({ title }) => title.includes(name)));
	const mails = (name: string) => mail.received.filter((text) => new RegExp(`^Subject: .*${name}$`, "m").test(text));

	it("wakes somebody for what is critical, by pager, mail and chat, and says when it is over", async () => {
		const down = { alertname: "WatchRabbitSourceDown", severity: "critical", source: "reader" };
		await post(down);
		await eventually(
			() =>
				pages(down.alertname).length * chats(down.alertname).length * mails(down.alertname).length > 0
					? true
					: undefined,
			() => "pager, chat and mail were told",
		);
		expect(receiver.received.find(({ path }) => path === "/pager")?.headers.authorization).toBe("Bearer a-token");
		expect(chats(down.alertname)[0]?.attachments[0]).toMatchObject({
			title: "FIRING critical: WatchRabbitSourceDown",
			text: expect.stringContaining("WatchRabbitSourceDown of reader. page.md"),
		});
		await post({ ...down, endsAt: new Date().toISOString() });
		await eventually(
			() => pages(down.alertname).find(({ status }) => status === "resolved"),
			() => "the pager was told that it is over",
		);
	});

	it("sends one message for one trouble of one source, and none for what follows from another alert", async () => {
		const slow = { alertname: "WatchRabbitOldestWaiting", severity: "warning" };
		await post(
			{ alertname: "WatchRabbitServiceDown", severity: "critical", neighbour: "catalog" },
			{ alertname: "WatchRabbitServiceDown", severity: "critical", neighbour: "objects" },
			{ ...slow, pool: "default" },
			{ alertname: "WatchRabbitUnaccounted", severity: "critical", source: "imager" },
		);
		const [down] = await eventually(
			() =>
				pages("WatchRabbitUnaccounted").length * pages("WatchRabbitServiceDown").length > 0
					? pages("WatchRabbitServiceDown")
					: undefined,
			() => "the pager was told of both",
		);
		expect(down?.alerts.map(({ labels }) => labels.neighbour)).toEqual(["catalog", "objects"]);
		await eventually(
			() => (mails("WatchRabbitUnaccounted").length > 0 ? true : undefined),
			() => "a mail came of what came with it",
		);
		expect(mails(slow.alertname)).toEqual([]);
		const held = (await (await fetch(`http://${address}/api/v2/alerts?inhibited=true`)).json()) as {
			labels: { alertname: string };
			status: { inhibitedBy: string[] };
		}[];
		expect(held.find(({ labels }) => labels.alertname === slow.alertname)?.status.inhibitedBy).not.toEqual([]);
	});

	it("leaves info to the chat", async () => {
		const away = { alertname: "WatchRabbitCacheDown", severity: "info" };
		await post(away);
		await eventually(
			() => (chats(away.alertname).length > 0 ? true : undefined),
			() => "the chat was told",
		);
		expect([...mails(away.alertname), ...pages(away.alertname)]).toEqual([]);
	});
});
