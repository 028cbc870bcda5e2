import { join } from "node:path";
import { onTestFinished } from "vitest";
import { AccessTokens } from "#access/access-tokens.ts";
import { newApiKey } from "#access/api-keys.ts";
import { Authenticator } from "#access/authenticate.ts";
import { Logins } from "#access/logins.ts";
import { hashPassword } from "#access/passwords.ts";
import { SigningKeys } from "#access/signing-keys.ts";
import type { AccessStore, NewKey, NewUser } from "#core/ports/access-store.ts";
import type { InternalEvent } from "#domain/report.ts";
import { ManualClock } from "./manual-clock.ts";
import { openCatalogAt } from "./open-catalog.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const tokenMs = 600_000;

/** Who asks, over a catalog of its own and a clock that is moved by hand. It counts what is asked of the database. */
export async function accessLab({ secret }: { secret?: string } = {}) {
	const directory = temporaryDirectory();
	const catalog = await openCatalogAt(join(directory.path, "catalog.db"));
	onTestFinished(async () => {
		await catalog.close();
		directory.remove();
	});
	const clock = new ManualClock();
	const asked: string[] = [];
	const reported: InternalEvent[] = [];
	const store = counting(catalog.access, asked);
	const keysOf = (secret: string | undefined) => new SigningKeys(store, clock, { secret, tokenMs });
	const tokens = new AccessTokens(keysOf(secret), clock, tokenMs);
	const by = () => ({ actor: "test", now: clock.now() });
	return {
		catalog,
		clock,
		store,
		asked,
		reported,
		tokens,
		keysOf,
		by,
		authenticator: new Authenticator({ store, tokens, clock }),
		logins: new Logins({ store, tokens, clock, report: (event) => reported.push(event), sessionMs: 43_200_000 }),
		addUser: async (name: string, password: string, more: Partial<NewUser> = {}) =>
			await store.addUser(
				{ name, role: "viewer", projects: "all", password: await hashPassword(password), ...more },
				by(),
			),
		addKey: async (more: Partial<NewKey> = {}) => {
			const { key, id, hash } = newApiKey();
			const about = {
				name: "lims",
				role: "service",
				projects: "all",
				permissions: undefined,
				expiresAt: undefined,
			} as const;
			await store.addKey({ id, hash, ...about, ...more }, by());
			return { key, id };
		},
	};
}

export type AccessLab = Awaited<ReturnType<typeof accessLab>>;

function counting(store: AccessStore, asked: string[]): AccessStore {
	return new Proxy(store, {
		get: (target, name: keyof AccessStore & string) => {
			const method = target[name].bind(target) as (...given: unknown[]) => unknown;
			return (...given: unknown[]) => {
				asked.push(name);
				return method(...given);
			};
		},
	});
}
