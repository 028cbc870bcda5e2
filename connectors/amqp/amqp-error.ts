import { fault, permanent, transient, WatchRabbitError } from "#core/errors.ts";
import { coverSecrets } from "#core/secrets.ts";

/** Reply codes of AMQP 0-9-1, as far as they mean something of their own to us. */
const replies = { refused: 403, notFound: 404, precondition: 406, notAllowed: 530 };

/** Whatever amqplib or the socket throws, as one of ours. What has no better name is a broker that is away. */
export function amqpError(thrown: unknown): WatchRabbitError {
	if (thrown instanceof WatchRabbitError) return thrown;
	const error = thrown instanceof Error ? thrown : new Error(String(thrown));
	const told = coverSecrets(error.message);
	// The error of the library is no cause of ours: what it carries could hold what must not be told.
	if (error instanceof TypeError || error instanceof RangeError) return fault("BROKER_CLIENT", told);
	if (isAboutCertificates(error)) {
		return permanent("BROKER_TLS", `the connection to the broker cannot be encrypted: ${told}`, {
			fix: "Check the certificates under broker.tls (ca, cert, key) and the host name in broker.url.",
			unusable: true,
		});
	}
	switch (replyCode(error)) {
		case replies.refused:
			return refused(told);
		case replies.notAllowed:
			return permanent("BROKER_VHOST", `the broker has no such virtual host, or not for this user: ${told}`, {
				fix: "Make it (rabbitmqctl add_vhost NAME, rabbitmqctl set_permissions -p NAME USER ...), or correct the end of broker.url.",
				unusable: true,
			});
		case replies.notFound: {
			const { queue, vhost } = downQueue.exec(told)?.groups ?? {};
			if (queue !== undefined && vhost !== undefined) return queueDown(queue, vhost, told);
			break;
		}
		case replies.precondition:
			if (/message size|too large/i.test(told)) {
				return permanent("MESSAGE_TOO_LARGE", `the broker does not take a message of this size: ${told}`, {
					fix: "Raise max_message_size in rabbitmq.conf.",
				});
			}
	}
	return transient("BROKER_AWAY", `the broker is not there: ${told}`, {
		fix: "Nothing to do if it comes back: it is tried again. Else check that RabbitMQ runs at the address of broker.url.",
	});
}

const downQueue = /durable queue '(?<queue>[^']+)' in vhost '(?<vhost>[^']+)' is down/;

/**
 * Also what RabbitMQ 3.10 says for ever of a stream in whose first second it was killed: it remembers the name, and forgot
 * the stream. No client can delete it then, nor rabbitmqctl delete_queue; what is published to it comes back.
 */
function queueDown(queue: string, vhost: string, told: string): WatchRabbitError {
	const name = `rabbit_misc:r(<<"${vhost}">>, queue, <<"${queue}">>)`;
	return transient("BROKER_QUEUE_DOWN", `the broker cannot reach the queue: ${told}`, {
		fix: `Start the node that it is on. If that runs, and was killed within a second of making the queue: rabbitmqctl eval 'rabbit_amqqueue:internal_delete(${name}, <<"admin">>).' takes it away, and it is made anew.`,
	});
}

function refused(told: string): WatchRabbitError {
	// Of a connection the broker says no more than that the login failed; of anything else it names what.
	if (/login was refused|handshake/i.test(told)) {
		return permanent("BROKER_LOGIN", `the broker refuses user or password: ${told}`, {
			fix: "Correct user and password in broker.url (rabbitmqctl authenticate_user tells whether they are right).",
			unusable: true,
		});
	}
	return permanent("BROKER_PERMISSION", `the broker does not let this user: ${told}`, {
		fix: "Give the user its permissions: rabbitmqctl set_permissions -p VHOST USER '^watchrabbit' '^(watchrabbit|amq.default)' '^watchrabbit'.",
		unusable: true,
	});
}

export function isNotFound(thrown: unknown): boolean {
	return replyCode(thrown) === replies.notFound;
}

export function isRefused(thrown: unknown): boolean {
	return replyCode(thrown) === replies.refused;
}

export function isPrecondition(thrown: unknown): boolean {
	return replyCode(thrown) === replies.precondition;
}

/** Channels give it as a number; a failed handshake tells it in words alone: "403 (ACCESS-REFUSED) with message ...". */
function replyCode(thrown: unknown): number | undefined {
	if (!(thrown instanceof Error)) return undefined;
	const { code } = thrown as { code?: unknown };
	if (typeof code === "number") return code;
	// What the library makes of a connection that is closed when it asks for its virtual host; why, it does not tell.
	if (thrown.message.startsWith("Expected ConnectionOpenOk")) return replies.notAllowed;
	const inWords = /\b(\d{3}) \([A-Z]/.exec(thrown.message)?.[1];
	return inWords === undefined ? undefined : Number(inWords);
}

function isAboutCertificates(error: Error): boolean {
	const { code } = error as { code?: unknown };
	return typeof code === "string" && /CERT|TLS|SSL|SIGNATURE/.test(code);
}
