import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";
import { OidcLogins } from "#access/oidc.ts";
import type { OidcSettings } from "#domain/access-settings.ts";
import { accessLab } from "#test/support/access-lab.ts";
import { type Accounts, clientSecret, logInThere, redirectUri, startOidcProvider } from "#test/support/oidc-server.ts";

const accounts: Accounts = {
	anna: { preferred_username: "anna", email: "anna@lab.example", email_verified: true, groups: ["staff", "elisa-lab"] },
	bert: { preferred_username: "bert", email: "bert@lab.example", email_verified: true, groups: ["staff"] },
	carla: { preferred_username: "carla", email: "boss@lab.example", email_verified: false, groups: ["admins"] },
	dora: { preferred_username: "dora", email: "dora@lab.example", groups: "admins" },
	evil: { preferred_username: "root user\u001b[31m", groups: ["admins"] },
};

const here = { address: "10.0.0.1", request: "r1" };

async function oidcLab(
	changes: Partial<OidcSettings> = {},
	provider: Parameters<typeof startOidcProvider>[1] = {},
	otherKeys?: object,
) {
	const lab = await accessLab();
	const { issuer, stop } = await startOidcProvider(accounts, provider, otherKeys);
	const settings: OidcSettings = {
		issuer,
		clientId: "watchrabbit",
		clientSecret,
		scopes: ["openid", "profile", "email", "groups"],
		name: "preferred_username",
		grants: [
			{ claim: "groups", value: "admins", role: "admin", projects: "all" },
			{ claim: "groups", value: "elisa-lab", role: "operator", projects: ["elisa"] },
		],
		...changes,
	};
	const oidc = new OidcLogins({ settings, store: lab.store, logins: lab.logins, clock: lab.clock });
	const login = async (account: string) => {
		const { url, pending } = await oidc.begin(redirectUri);
		return await oidc.finish((await logInThere(url, account)).searchParams, pending, here);
	};
	return { ...lab, oidc, issuer, stop, settings, login };
}

describe("a login by OpenID Connect", () => {
	test("makes the user that the house knows, with what his groups let him do, and a session", async () => {
		const lab = await oidcLab();
		const given = await lab.login("anna");
		expect(given.user).toMatchObject({ name: "anna", role: "operator", projects: ["elisa"] });
		const asking = { method: "GET", headers: { authorization: `Bearer ${given.access}` } };
		expect(await lab.authenticator.authenticate(asking)).toMatchObject({
			kind: "user",
			name: "anna",
			role: "operator",
		});
		const { items } = await lab.catalog.audit.page({ limit: 10, order: "asc", filter: {} });
		expect(items.map(({ actor, action, target }) => `${actor} ${action} ${target}`)).toEqual([
			`oidc:${lab.issuer} user.added user:anna`,
			`user:anna session.begun session:${given.session}`,
		]);
		expect(items[0]).toMatchObject({ request: "r1", detail: { role: "operator", projects: ["elisa"] } });
		expect((await lab.login("anna")).user).toEqual(given.user);
		expect(await lab.store.users()).toHaveLength(1);
	});

	test("works with a provider that says all in the ID token, and with one value instead of a list", async () => {
		const lab = await oidcLab({}, { conformIdTokenClaims: false });
		expect((await lab.login("dora")).user).toMatchObject({ name: "dora", role: "admin", projects: "all" });
	});

	test("takes the first grant that fits", async () => {
		const grants = [
			{ claim: "groups", value: "staff", role: "viewer", projects: ["screen"] },
			{ claim: "groups", value: "elisa-lab", role: "admin", projects: "all" },
		] as const;
		expect((await (await oidcLab({ grants })).login("anna")).user).toMatchObject({
			role: "viewer",
			projects: ["screen"],
		});
	});

	test("of a public client has no secret, and PKCE all the same", async () => {
		const clients = [
			{ client_id: "watchrabbit", token_endpoint_auth_method: "none", redirect_uris: [redirectUri] },
		] as const;
		const lab = await oidcLab(
			{ clientSecret: undefined },
			{ clients: [{ ...clients[0], redirect_uris: [redirectUri] }] },
		);
		const { url } = await lab.oidc.begin(redirectUri);
		const query = new URL(url).searchParams;
		expect(query.get("code_challenge_method")).toBe("S256");
		expect((await lab.login("anna")).user.name).toBe("anna");
	});
});

describe("a login by OpenID Connect is refused", () => {
	test.each([
		[
			"whom no grant fits",
			"bert",
			"OIDC_UNMAPPED",
			'bert is known at ISSUER, and nothing says what he may do here (groups: ["staff"])',
		],
		[
			"whose address nobody verified",
			"carla",
			"OIDC_UNVERIFIED",
			"the e-mail address of carla was never verified at ISSUER",
		],
		["whose name steers a terminal", "evil", "USER_NAME", '"root user\\u001b[31m" can be no name of a user or a key'],
	])("of who is known there, and %s", async (_, account, code, message) => {
		const lab = await oidcLab();
		await expect(lab.login(account)).rejects.toMatchObject({ code, message: message.replace("ISSUER", lab.issuer) });
		expect(await lab.store.users()).toEqual([]);
	});

	test("of who is named by an address that is not said to be verified, or not named at all", async () => {
		await expect((await oidcLab({ name: "email" })).login("dora")).rejects.toMatchObject({ code: "OIDC_UNVERIFIED" });
		await expect((await oidcLab({ name: "nickname" })).login("anna")).rejects.toMatchObject({ code: "OIDC_UNMAPPED" });
	});

	test("of who has the name of somebody of this lab, or was disabled here", async () => {
		const lab = await oidcLab();
		await lab.addUser("Anna", "four words that rhyme");
		await expect(lab.login("anna")).rejects.toMatchObject({ code: "USER_EXISTS" });
		await lab.login("dora");
		await lab.store.changeUser("dora", { disabled: true }, lab.by());
		await expect(lab.login("dora")).rejects.toMatchObject({ code: "OIDC_REFUSED" });
	});

	test("that comes back to another browser, too late, twice, or with another state", async () => {
		const lab = await oidcLab();
		const [mine, other] = [await lab.oidc.begin(redirectUri), await lab.oidc.begin(redirectUri)];
		const returned = (await logInThere(mine.url, "anna")).searchParams;
		const changed = new URLSearchParams(
			[...returned].map(([key, value]) => [key, key === "state" ? `${value}x` : value]),
		);
		const without = new URLSearchParams([...returned].filter(([key]) => key !== "state"));
		for (const [query, pending] of [
			[returned, other.pending],
			[returned, ""],
			[returned, "e30"],
			[changed, mine.pending],
			[without, mine.pending],
			[new URLSearchParams(), mine.pending],
		] as const) {
			await expect(lab.oidc.finish(query, pending, here)).rejects.toMatchObject({
				code: "OIDC_INVALID",
				class: "permanent",
			});
		}
		expect(await lab.oidc.finish(returned, mine.pending, here)).toMatchObject({ user: { name: "anna" } });
		await expect(lab.oidc.finish(returned, mine.pending, here)).rejects.toMatchObject({ code: "OIDC_REFUSED" });
		const late = await lab.oidc.begin(redirectUri);
		await lab.clock.advance(600_000);
		const back = (await logInThere(late.url, "anna")).searchParams;
		await expect(lab.oidc.finish(back, late.pending, here)).rejects.toMatchObject({ code: "OIDC_INVALID" });
	});

	test("whose answer is for another request: nonce and verifier are held against it", async () => {
		const lab = await oidcLab();
		const { url, pending } = await lab.oidc.begin(redirectUri);
		const returned = (await logInThere(url, "anna")).searchParams;
		const kept = JSON.parse(Buffer.from(pending, "base64url").toString());
		const tampered = (change: object) => Buffer.from(JSON.stringify({ ...kept, ...change })).toString("base64url");
		const verifier = lab.oidc.finish(returned, tampered({ verifier: "x".repeat(43) }), here);
		await expect(verifier).rejects.toMatchObject({ code: "OIDC_REFUSED" });
		const again = await lab.oidc.begin(redirectUri);
		const back = (await logInThere(again.url, "anna")).searchParams;
		const { nonce: _, ...rest } = JSON.parse(Buffer.from(again.pending, "base64url").toString());
		const nonce = lab.oidc.finish(
			back,
			Buffer.from(JSON.stringify({ ...rest, nonce: kept.nonce })).toString("base64url"),
			here,
		);
		await expect(nonce).rejects.toMatchObject({ code: "OIDC_INVALID" });
	});

	test("whose ID token is not signed by a key that its issuer publishes", async () => {
		const { publicKey } = await generateKeyPair("RS256", { extractable: true });
		const keys = [{ ...(await exportJWK(publicKey)), alg: "RS256", use: "sig", kid: "another" }];
		const lab = await oidcLab({}, {}, { keys });
		await expect(lab.login("anna")).rejects.toMatchObject({ code: "OIDC_INVALID" });
	});

	test("there, in its words", async () => {
		const lab = await oidcLab();
		const { pending } = await lab.oidc.begin(redirectUri);
		const { state } = JSON.parse(Buffer.from(pending, "base64url").toString());
		const returned = new URLSearchParams({
			error: "access_denied",
			error_description: "not today",
			state,
			iss: lab.issuer,
		});
		await expect(lab.oidc.finish(returned, pending, here)).rejects.toMatchObject({
			code: "OIDC_REFUSED",
			message: `${lab.issuer} refused the login: not today`,
		});
		const wrong = await oidcLab({ clientSecret: "another secret" });
		await expect(wrong.login("anna")).rejects.toMatchObject({ code: "OIDC_REFUSED" });
	});
});

test("a provider that is away is asked again at the next login", async () => {
	const lab = await oidcLab({ issuer: "http://127.0.0.1:9" });
	await expect(lab.oidc.begin(redirectUri)).rejects.toMatchObject({ code: "OIDC_AWAY", class: "transient" });
	const back = await oidcLab();
	await back.oidc.begin(redirectUri);
	const { url, pending } = await back.oidc.begin(redirectUri);
	const returned = (await logInThere(url, "anna")).searchParams;
	await back.stop();
	await expect(back.oidc.finish(returned, pending, here)).rejects.toMatchObject({
		code: "OIDC_AWAY",
		class: "transient",
	});
});
