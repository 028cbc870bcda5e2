import { z } from "zod";
import { isLoopback } from "#domain/loopback.ts";
import { choice, custom, duration, keys, list, needed, secret, text, wordings } from "./value-kinds.ts";

export const project = keys({
	sources: needed(list(text), "A project is made of sources: add sources: [NAME, ...]").describe(
		"Sources that belong to it.",
	),
	pipelines: list(text)
		.describe("Pipelines whose results belong to it; all that take from its sources when left out.")
		.optional(),
});

const issuer = z
	.string()
	.superRefine((value, context) => {
		const url = URL.canParse(value) ? new URL(value) : undefined;
		// Who may read along what an issuer answers may be anybody.
		if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname))) return;
		context.addIssue(
			custom(
				"it must be a URL that begins with https:// (http:// on this machine alone)",
				"Write for example https://login.lab.example",
			),
		);
	})
	.meta({ examples: ["https://login.lab.example/realms/lab"] });
wordings.add(issuer, { expected: "a URL", fix: () => "Write for example https://login.lab.example" });

/** It has to be as hard to guess as what it protects. */
const longSecret = z
	.string()
	.refine(
		(value) => value.length >= 32,
		custom("it must have 32 characters or more", "Make one with: openssl rand -base64 32"),
	);
wordings.add(longSecret, { expected: "a text", fix: () => "Make one with: openssl rand -base64 32", secret: true });

const grant = keys({
	claim: text.describe("A claim of the ID token.").meta({ examples: ["groups"] }),
	value: text.describe("Its value, or one of its values."),
	role: choice(["viewer", "operator", "admin"]).describe("What who has it may do."),
	projects: list(text).describe("Which projects he sees; all when left out.").optional(),
});

const oidc = keys({
	issuer: issuer.describe(
		"Who says who somebody is; its configuration is read from /.well-known/openid-configuration below.",
	),
	clientId: text.describe("As which WatchRabbit is known there."),
	clientSecret: secret
		.describe("Best given as WATCHRABBIT_ACCESS__OIDC__CLIENTSECRET; left out for a public client.")
		.optional(),
	scopes: list(text).describe("What is asked for; openid, profile and email when left out.").optional(),
	name: text.describe("The claim that names people here; preferred_username when left out.").optional(),
	grants: list(grant)
		.describe("Who may do what, by a claim: the first that fits counts, and whom none fits is refused.")
		.meta({ examples: [[{ claim: "groups", value: "lab", role: "viewer" }]] }),
});

export const access = keys({
	required: z
		.boolean()
		.describe(
			"Whether one has to say who one is: true for a proxy on this machine that lets others in. Left out: when http.listen is reached from other machines.",
		)
		.optional(),
	tokens: duration({ zero: false }).describe("How long an access token holds.").prefault("10m"),
	sessions: duration({ zero: false }).describe("From a login to the next one.").prefault("12h"),
	secret: longSecret
		.describe(
			"By which the private keys of tokens are encrypted in the catalog. Best given as WATCHRABBIT_ACCESS__SECRET, or as WATCHRABBIT_ACCESS__SECRET_FILE.",
		)
		.optional(),
	oidc: oidc.describe("Login by OpenID Connect, where the house has one.").optional(),
});
