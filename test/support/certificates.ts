import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { requireService } from "./services.ts";

/** Of a server on this machine: in PEM, and where it lies. */
export interface OwnCertificate {
	readonly certFile: string;
	readonly keyFile: string;
	readonly cert: string;
	readonly key: string;
}

/** For a program that takes it to be so many days ago. */
export function daysAgo(days: number): NodeJS.ProcessEnv {
	return { ...process.env, LD_PRELOAD: requireService("faketime"), FAKETIME: `-${days}d` };
}

/** Good for so many days from now on, and for some before. Without an authority it vouches for itself. */
export function certificateFor(
	days: number,
	directory: string,
	authority?: OwnCertificate,
	daysBefore = 0,
): OwnCertificate {
	const [keyFile, certFile] = [join(directory, `${days}-key.pem`), join(directory, `${days}-cert.pem`)];
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
	const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
	const by = authority === undefined ? [] : ["-CA", authority.certFile, "-CAkey", authority.keyFile];
	const request = ["req", "-x509", ...key, "-days", `${daysBefore + days}`, ...subject, ...by, "-out", certFile];
	execFileSync("openssl", request, { stdio: "ignore", ...(daysBefore > 0 && { env: daysAgo(daysBefore) }) });
	return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}
