import { once } from "node:events";
import { connect as connectPlainly, isIP, type Socket } from "node:net";
import { connect } from "node:tls";
import { type Validity, validityOf } from "./validity.ts";

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
 * How long the certificate is good that a server shows, without those whom it sends along to vouch for it: which of these
 * are needed each client decides for itself. It is only looked at: whether it is to be trusted is decided where something
 * is sent. Fails where none is shown.
 */
export async function peerValidity(peer: TlsPeer, patienceMs: number): Promise<Validity> {
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
		const { valid_from, valid_to } = secure.getPeerCertificate();
		return validityOf(valid_from, valid_to);
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
