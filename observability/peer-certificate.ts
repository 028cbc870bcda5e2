import { once } from "node:events";
import { connect as connectPlainly, isIP, type Socket } from "node:net";
import { connect, type DetailedPeerCertificate } from "node:tls";

export interface TlsPeer {
	readonly host: string;
	readonly port: number;
	/** PostgreSQL is first asked in plain text. */
	readonly asks: "at once" | "PostgreSQL";
	/** Ours, in PEM, where it shows its own to nobody else. */
	readonly cert?: string;
	readonly key?: string;
}

/** What a client of PostgreSQL begins with that wants TLS; the answer is S or N. */
const postgresAsks = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * When the certificate ends that a server shows, or that of one who vouches for it, where that comes first: milliseconds
 * since the epoch. It is only looked at: whether it is to be trusted is decided where something is sent.
 */
export async function peerCertificateEnd(peer: TlsPeer, patienceMs: number): Promise<number> {
	const { host, port, asks, cert, key } = peer;
	const late = { signal: AbortSignal.timeout(patienceMs) };
	const socket = quiet(connectPlainly(port, host));
	try {
		await once(socket, "connect", late);
		if (asks === "PostgreSQL") await askPostgres(socket, late);
		const secure = quiet(
			connect({
				socket,
				rejectUnauthorized: false,
				...(isIP(host) === 0 && { servername: host }),
				...(cert !== undefined && { cert }),
				...(key !== undefined && { key }),
			}),
		);
		await once(secure, "secureConnect", late);
		return firstEnd(secure.getPeerCertificate(true));
	} finally {
		socket.destroy();
	}
}

async function askPostgres(socket: Socket, late: { readonly signal: AbortSignal }): Promise<void> {
	socket.write(postgresAsks);
	const [answer] = await once(socket, "data", late);
	if (String(answer) !== "S") throw new Error("the server does not speak TLS");
}

/** What goes wrong is heard by who waits for it, and afterwards by nobody. */
function quiet<S extends Socket>(socket: S): S {
	return socket.on("error", () => {});
}

function firstEnd(certificate: DetailedPeerCertificate): number {
	const seen = new Set<DetailedPeerCertificate>();
	let end = Number.POSITIVE_INFINITY;
	// Who vouches for itself is its own issuer.
	for (let at: DetailedPeerCertificate | undefined = certificate; at?.valid_to !== undefined && !seen.has(at); ) {
		seen.add(at);
		end = Math.min(end, Date.parse(at.valid_to));
		at = at.issuerCertificate;
	}
	return end;
}
