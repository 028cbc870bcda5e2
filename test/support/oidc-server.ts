import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration } from "oidc-provider";
import { onTestFinished, vi } from "vitest";

export const redirectUri = "http://127.0.0.1:1/api/v1/login/oidc/back";
export const clientSecret = "a secret of the client, long enough for everybody";

export type Accounts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A real provider of OpenID Connect on this machine. Who logs in is who he says. It may publish keys that are not its own. */
export async function startOidcProvider(accounts: Accounts, changes: Configuration = {}, otherKeys?: object) {
	// It warns that it is a development-only one, which it is.
	const quiet = (["warn", "info"] as const).map((level) => vi.spyOn(console, level).mockImplementation(() => {}));
	onTestFinished(() => {
		for (const spy of quiet) spy.mockRestore();
	});
	const server = createServer();
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const answer = new Provider(issuer, { ...configuration(accounts), ...changes }).callback();
	server.on("request", (request, response) => {
		if (otherKeys === undefined || request.url !== "/jwks") return void answer(request, response);
		response.setHeader("content-type", "application/jwk-set+json").end(JSON.stringify(otherKeys));
	});
	onTestFinished(() => stop(server));
	return { issuer, stop: () => stop(server) };
}

async function stop(server: Server): Promise<void> {
	server.closeAllConnections();
	if (server.listening) await new Promise((resolve) => server.close(resolve));
}

function configuration(accounts: Accounts): Configuration {
	return {
		clients: [{ client_id: "watchrabbit", client_secret: clientSecret, redirect_uris: [redirectUri] }],
		findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...accounts[id] }) }),
		claims: {
			openid: ["sub"],
			profile: ["preferred_username"],
			email: ["email", "email_verified"],
			groups: ["groups"],
		},
		scopes: ["openid", "profile", "email", "groups"],
		pkce: { required: () => true },
		cookies: { keys: ["of the test"] },
	};
}

/** What a person does in a browser, from the login's address to the one that it leads back to. */
export async function logInThere(url: string, account: string): Promise<URL> {
	const cookies = new Map<string, string>();
	let request = new Request(url, { redirect: "manual" });
	for (let steps = 0; steps < 20; steps++) {
		request.headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
		const response = await fetch(request);
		for (const cookie of response.headers.getSetCookie()) {
			const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
			if (value === "") cookies.delete(name);
			else cookies.set(name, value);
		}
		const location = response.headers.get("location");
		if (location !== null) {
			const next = new URL(location, request.url);
			if (next.href.startsWith(redirectUri)) return next;
			request = new Request(next, { redirect: "manual" });
			continue;
		}
		const page = await response.text();
		const [, prompt] = /name="prompt" value="(\w+)"/.exec(page) ?? [];
		if (prompt === undefined) throw new Error(`no page to log in at: ${response.status} ${page.slice(0, 500)}`);
		const body = new URLSearchParams({ prompt, login: account, password: "any" });
		request = new Request(request.url, { method: "POST", body, redirect: "manual" });
	}
	throw new Error("the login leads in a circle");
}
