import { setTimeout as passed } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { hashPassword, PasswordCheck, refuseWeakPassword } from "#access/passwords.ts";

const password = "four words that rhyme";

describe("a password", () => {
	test("fits its hash, which is argon2id's and never the same twice", async () => {
		const [one, other] = await Promise.all([hashPassword(password), hashPassword(password)]);
		expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
		expect(other).not.toBe(one);
		const check = new PasswordCheck();
		expect(await check.fits(password, one)).toBe(true);
		expect(await check.fits(`${password} `, one)).toBe(false);
		expect(await check.fits("", one)).toBe(false);
		expect(await check.fits(password, undefined)).toBe(false);
	});

	test("fits the hash of another implementation, whatever its cost", async () => {
		// The reference implementation's own test (phc-winner-argon2, src/test.c).
		const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
		const check = new PasswordCheck();
		expect(await check.fits("password", hash)).toBe(true);
		expect(await check.fits("passwore", hash)).toBe(false);
	});

	test("is the same however the keyboard composes its letters", async () => {
		expect(await new PasswordCheck().fits("schöne grüße", await hashPassword("scho\u0308ne gru\u0308ße"))).toBe(true);
	});

	test.each([
		["elevenchars", "has fewer than 12 characters"],
		["é".repeat(600), "has more than 1024 bytes"],
		["abababababababab", "has hardly any characters that differ"],
		["qwertyuiopas", "is a row of the keyboard, or the alphabet"],
		["1234567890123", "is a row of the keyboard, or the alphabet"],
		["Watchrabbit2026", "is hardly more than the name of its user, or what everybody tries first"],
		["anna-Password1", "is hardly more than the name of its user, or what everybody tries first"],
	])("%s is refused", (weak, why) => {
		expect(() => refuseWeakPassword(weak, "Anna")).toThrow(`this password ${why}`);
	});

	test("of twelve characters is none of that", () => {
		expect(() => refuseWeakPassword("kl4vierstuhl", "anna")).not.toThrow();
	});
});

describe("checking passwords", () => {
	test("is done one at a time, and whoever comes when too many wait is told to come again", async () => {
		const check = new PasswordCheck();
		const asked = Array.from({ length: 60 }, () =>
			check.fits("x", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"),
		);
		expect(() => check.refuseWhenFull()).toThrow(expect.objectContaining({ code: "LOGIN_BUSY" }));
		const answers = await Promise.allSettled(asked);
		const busy = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
		expect(busy).toHaveLength(10);
		expect(busy[0]).toMatchObject({ code: "LOGIN_BUSY", class: "transient" });
		await passed(0);
		expect(() => check.refuseWhenFull()).not.toThrow();
		expect(await check.fits(password, await hashPassword(password))).toBe(true);
	});
});
