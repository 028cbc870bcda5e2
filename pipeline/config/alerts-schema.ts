import { z } from "zod";
import { custom, duration, keys, secret, wordings } from "./value-kinds.ts";

const example = "https://chat.lab.example/hooks/...";

/** Such addresses are often all that is asked for: who knows one may send to it. */
const webhook = z
	.string()
	.superRefine((value, context) => {
		if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return;
		context.addIssue(custom("it must be a URL that begins with http:// or https://", `Write for example ${example}`));
	})
	.meta({ examples: [example] });
wordings.add(webhook, { expected: "a URL", fix: () => `Write for example ${example}`, secret: true });

export const alerts = keys({
	webhook: webhook
		.describe(
			"Is sent what fires and what is over, as JSON in the form of Alertmanager's webhook. Best given as WATCHRABBIT_ALERTS__WEBHOOK: it is then in no file.",
		)
		.optional(),
	token: secret
		.describe("Sent along as `authorization: Bearer ...`. Best given as WATCHRABBIT_ALERTS__TOKEN.")
		.optional(),
	repeat: duration({ zero: false }).describe("While an alert fires it is sent again after this.").prefault("4h"),
});
