import type { Objectives } from "#domain/objectives.ts";
import { ruleName } from "../alerts/alert.ts";
import { alertCatalogue } from "../alerts/alert-catalogue.ts";

/** Whom alerts go to. Secrets are read from files by Alertmanager itself, and are in no configuration. */
export interface Receivers {
	readonly mail: {
		readonly to: string;
		readonly from: string;
		/** host:port */
		readonly smarthost: string;
		readonly login?: { readonly username: string; readonly passwordFile: string };
		/** Only a server on this machine is spoken to without TLS. */
		readonly requireTls: boolean;
	};
	/** Slack, or what takes its messages (Mattermost, Rocket.Chat); its address is a secret. */
	readonly chat: { readonly urlFile: string; readonly channel: string };
	/** Who wakes somebody. */
	readonly pager: { readonly url: string; readonly tokenFile?: string };
}

/** Stand-ins: a lab puts its own in their place. */
export const exampleReceivers: Receivers = {
	mail: {
		to: "lab-on-call@lab.example",
		from: "watchrabbit@lab.example",
		smarthost: "mail.lab.example:587",
		login: { username: "watchrabbit", passwordFile: "secrets/mail-password" },
		requireTls: true,
	},
	chat: { urlFile: "secrets/chat-url", channel: "#instruments" },
	pager: { url: "https://pager.lab.example/watchrabbit", tokenFile: "secrets/pager-token" },
};

/** The names by which alerts of one trouble come together. */
const groups = ["alertname", "source", "pipeline"];
/** All labels that tell alerts of one name apart. */
const subject = ["instance", "source", "pipeline", "pool", "neighbour", "place", "service"];

/**
 * Info goes to the chat; a warning to the chat and by mail, once a working day; what is critical wakes somebody as well,
 * again every hour until it is over. What follows from another alert is not sent while that one fires.
 */
export function alertmanagerConfig({ mail, chat, pager }: Receivers, objectives: Objectives): object {
	return {
		route: {
			receiver: "chat",
			group_by: groups,
			group_wait: "30s",
			group_interval: "5m",
			repeat_interval: "24h",
			routes: [
				{
					matchers: ['severity="critical"'],
					receiver: "pager",
					group_wait: "10s",
					group_interval: "1m",
					repeat_interval: "1h",
					continue: true,
				},
				{ matchers: ['severity=~"critical|warning"'], receiver: "mail", repeat_interval: "8h", continue: true },
				{ matchers: ['severity=~".+"'], receiver: "chat" },
			],
		},
		inhibit_rules: inhibitions(objectives),
		receivers: [
			{ name: "mail", email_configs: [mailReceiver(mail)] },
			{
				name: "chat",
				slack_configs: [
					{
						api_url_file: chat.urlFile,
						channel: chat.channel,
						send_resolved: true,
						title: "{{ .Status | toUpper }} {{ .CommonLabels.severity }}: {{ .GroupLabels.alertname }}",
						text: "{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.runbook }}\n{{ end }}",
					},
				],
			},
			{
				name: "pager",
				webhook_configs: [
					{
						url: pager.url,
						send_resolved: true,
						...(pager.tokenFile && { http_config: { authorization: { credentials_file: pager.tokenFile } } }),
					},
				],
			},
		],
	};
}

function mailReceiver({ to, from, smarthost, login, requireTls }: Receivers["mail"]) {
	return {
		to,
		from,
		smarthost,
		require_tls: requireTls,
		send_resolved: true,
		headers: { Subject: "[{{ .Status }}] {{ .CommonLabels.severity }}: {{ .GroupLabels.alertname }}" },
		...(login && { auth_username: login.username, auth_password_file: login.passwordFile }),
	};
}

function inhibitions(objectives: Objectives): readonly object[] {
	return [
		{
			source_matchers: ['severity="critical"'],
			target_matchers: ['severity=~"warning|info"'],
			equal: ["alertname", ...subject],
		},
		...alertCatalogue(objectives).flatMap((alert) =>
			(alert.follow ?? []).map(({ alerts, equal }) => ({
				source_matchers: [`alertname="${ruleName(alert)}"`],
				target_matchers: [`alertname=~"${alerts.map((name) => ruleName({ name })).join("|")}"`],
				equal,
			})),
		),
	];
}
