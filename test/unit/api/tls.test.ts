import { copyFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { get, type RequestOptions } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import type { InternalEvent } from "#domain/report.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { certificateFor } from "#test/support/certificates.ts";
import { SmallLab } from "#test/support/small-lab.ts";
import { until } from "#test/support/spine.ts";

let lab: SmallLab;
let bench: Workbench;
let api: Api | undefined;
const events: InternalEvent[] = [];
beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
	events.length = 0;
});
afterEach(async () => {
	await api?.close(0);
	await lab.remove();
});

const own = () => {
	const files = { cert: join(lab.directory.path, "api.pem"), key: join(lab.directory.path, "api-key.pem") };
	const use = (days: number) => {
		const { certFile, keyFile, cert } = certificateFor(days, lab.directory.path);
		copyFileSync(keyFile, files.key);
		copyFileSync(certFile, files.cert);
		return cert;
	};
	return { files, use };
};

function serve(tls: { readonly cert: string; readonly key: string }): Api {
	api = apiOfLab(bench, {
		settings: { ...lab.settings, http: { ...lab.settings.http, tls } },
		report: (event) => events.push(event),
	});
	return api;
}

/** The status, and until when the certificate is good that was shown. */
async function ask(address: string, ca: string, more: RequestOptions = {}): Promise<[number | undefined, string]> {
	const url = new URL("/api/v1/jobs", address);
	return await new Promise((resolve, reject) => {
		get(url, { ca, agent: false, ...more }, (response) => {
			const { valid_to } = (response.socket as TLSSocket).getPeerCertificate();
			response.resume().on("end", () => resolve([response.statusCode, valid_to]));
		}).on("error", reject);
	});
}

it("encrypts by itself, with nothing older than TLS 1.2, and asks browsers to stay with it", async () => {
	const { files, use } = own();
	const ca = use(30);
	const address = await serve(files).listen();
	expect(address).toMatch(/^https:/);
	expect((await ask(address, ca))[0]).toBe(200);
	await expect(ask(address, ca, { maxVersion: "TLSv1.1", minVersion: "TLSv1.1" })).rejects.toThrow();
});

it("shows the new certificate once its files have changed, without a restart, and keeps the old one where they cannot be used", async () => {
	const { files, use } = own();
	const first = use(30);
	const address = await serve(files).listen();
	const [, before] = await ask(address, first);
	writeFileSync(files.cert, "no certificate\n");
	await until("it is told", () => events.some(({ event }) => event === "certificate.unusable"), 30_000);
	expect((await ask(address, first))[1]).toBe(before);
	// What cannot even be looked at, as after a change of rights, ends nobody.
	rmSync(files.cert);
	symlinkSync(files.cert, files.cert);
	const unusable = () => events.filter(({ event }) => event === "certificate.unusable").length;
	await until("it is told again", () => unusable() > 1, 30_000);
	rmSync(files.cert);
	const second = use(300);
	await until("it is read", () => events.some(({ event }) => event === "certificate.read"), 30_000);
	expect((await ask(address, second))[1]).not.toBe(before);
}, 90_000);

it("refuses to start with files that are no certificate and its key, and says which", () => {
	const { files, use } = own();
	use(30);
	writeFileSync(files.key, "no key\n");
	expect(() => serve(files)).toThrow(
		expect.objectContaining({ code: "TLS_UNUSABLE", fix: expect.stringContaining("PEM") }),
	);
});
