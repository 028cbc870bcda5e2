import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { permanent, transient } from "#core/errors.ts";

/** What OWASP's password storage cheat sheet asks of argon2id at least: 40 ms and 19 MiB for each guess. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 };
const saltBytes = 16;
const hashBytes = 32;

const derive = promisify<"argon2id", Argon2Parameters, Buffer>(argon2);

/** As a PHC string, which says by what it was made. */
export async function hashPassword(password: string): Promise<string> {
	const nonce = randomBytes(saltBytes);
	return phc(nonce, await derive("argon2id", { message: letters(password), nonce, tagLength: hashBytes, ...cost }));
}

/** The same letters whatever the keyboard makes them of. */
function letters(password: string): string {
	return password.normalize("NFC");
}

function phc(salt: Uint8Array, hash: Uint8Array): string {
	const { memory, passes, parallelism } = cost;
	const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");
	return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

/** What nobody's password fits, at the cost of one that might. */
const nobodys = phc(new Uint8Array(saltBytes), new Uint8Array(hashBytes));

const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

async function fits(password: string, told: string): Promise<boolean> {
	const [, memory, passes, parallelism, salt = "", hash = ""] = form.exec(told) ?? [];
	const expected = Buffer.from(hash, "base64");
	const derived = await derive("argon2id", {
		message: letters(password),
		nonce: Buffer.from(salt, "base64"),
		tagLength: expected.length,
		memory: Number(memory),
		passes: Number(passes),
		parallelism: Number(parallelism),
	});
	return timingSafeEqual(derived, expected);
}

/** Who waits longer than these take has gone away. */
const waitingAtMost = 50;

/** One after the other: each takes a thread that files and names wait for too, and memory that the analyses need. */
export class PasswordCheck {
	#last: Promise<unknown> = Promise.resolve();
	#waiting = 0;

	/** @throws WatchRabbitError LOGIN_BUSY (transient) */
	refuseWhenFull(): void {
		if (this.#waiting < waitingAtMost) return;
		throw transient("LOGIN_BUSY", "too many log in at once", { fix: "Try again in a few seconds." });
	}

	/**
	 * Takes as long where there is none to fit.
	 * @throws WatchRabbitError LOGIN_BUSY (transient)
	 */
	async fits(password: string, hash: string | undefined): Promise<boolean> {
		this.refuseWhenFull();
		this.#waiting++;
		const checked = this.#last.then(() => fits(password, hash ?? nobodys));
		this.#last = checked.catch(() => {}).finally(() => this.#waiting--);
		return (await checked) && hash !== undefined;
	}
}

const shortest = 12;
const longestBytes = 1024;

/**
 * Length is what makes a password hard to guess (NIST SP 800-63B): no rules of composition.
 * @throws WatchRabbitError PASSWORD_WEAK (permanent)
 */
export function refuseWeakPassword(password: string, user: string): void {
	const why = weakness(letters(password), user);
	if (why === undefined) return;
	throw permanent("PASSWORD_WEAK", `this password ${why}`, {
		fix: `Take one of ${shortest} characters or more, for example four words that have nothing to do with each other.`,
	});
}

function weakness(password: string, user: string): string | undefined {
	const lower = password.toLowerCase();
	if ([...password].length < shortest) return `has fewer than ${shortest} characters`;
	if (Buffer.byteLength(password) > longestBytes) return `has more than ${longestBytes} bytes`;
	if (new Set(lower).size < 5) return "has hardly any characters that differ";
	if ("01234567890123456789 abcdefghijklmnopqrstuvwxyz qwertyuiopasdfghjklzxcvbnm".includes(lower)) {
		return "is a row of the keyboard, or the alphabet";
	}
	const remains = ["watchrabbit", "password", "passwort", user.toLowerCase()].reduce(
		(text, word) => text.replaceAll(word, ""),
		lower,
	);
	return remains.length < 6 ? "is hardly more than the name of its user, or what everybody tries first" : undefined;
}
