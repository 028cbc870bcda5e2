import type { ConfirmChannel } from "amqplib";
import { permanent } from "#core/errors.ts";
import { amqpError, isNotFound, isPrecondition, isRefused } from "./amqp-error.ts";
import type { AmqpConnection } from "./connection.ts";
import { closeChannel } from "./publisher.ts";

/** What has to be there before it is used. All of it is durable. */
export type Declaration =
	| { readonly kind: "queue"; readonly name: string; readonly arguments: Readonly<Record<string, string | number>> }
	| { readonly kind: "exchange"; readonly name: string; readonly type: "topic" | "fanout" }
	| { readonly kind: "binding"; readonly name: string; readonly exchange: string; readonly pattern: string };

/**
 * Declares what is missing. Where this user may not, what is there will do; and what is there with other arguments is
 * used as it is, and told.
 *
 * @throws WatchRabbitError BROKER_* (BROKER_PERMISSION when something is missing and this user may not make it)
 */
export async function declare(connection: AmqpConnection, declarations: readonly Declaration[]): Promise<void> {
	for (const declaration of declarations) {
		const refusal = await attempt(connection, (channel) => ask(channel, declaration));
		if (refusal === undefined) continue;
		if (isPrecondition(refusal)) {
			connection.report?.({ event: "broker.differs", name: declaration.name, error: differs(refusal) });
		} else if (!isRefused(refusal)) {
			throw amqpError(refusal);
		}
		const missing = await attempt(connection, (channel) => check(channel, declaration));
		if (missing === undefined) continue;
		throw isNotFound(missing) ? notOurs(declaration.name, refusal) : amqpError(missing);
	}
}

/** Gives what the broker answered instead of yes; it closed the channel with that. */
async function attempt(
	connection: AmqpConnection,
	task: (channel: ConfirmChannel) => Promise<unknown>,
): Promise<unknown> {
	const channel = await connection.channel();
	try {
		await task(channel);
	} catch (thrown) {
		return thrown;
	}
	await closeChannel(channel);
	return undefined;
}

async function ask(channel: ConfirmChannel, declaration: Declaration): Promise<void> {
	const { name } = declaration;
	switch (declaration.kind) {
		case "queue":
			await channel.assertQueue(name, { durable: true, arguments: declaration.arguments });
			break;
		case "exchange":
			await channel.assertExchange(name, declaration.type, { durable: true });
			break;
		case "binding":
			await channel.bindQueue(name, declaration.exchange, declaration.pattern);
	}
}

/** Whether a binding is there can be asked of nobody: the queue stands for it. */
async function check(channel: ConfirmChannel, { kind, name }: Declaration): Promise<void> {
	if (kind === "exchange") await channel.checkExchange(name);
	else await channel.checkQueue(name);
}

function differs(refusal: unknown) {
	return permanent("BROKER_DIFFERS", `it was made with other arguments: ${amqpError(refusal).message}`, {
		fix: "It is used as it is. To change it, delete it once it is empty, and it is made anew; or set a policy.",
	});
}

function notOurs(name: string, refusal: unknown) {
	const { message } = amqpError(refusal);
	return permanent("BROKER_PERMISSION", `${name} is missing, and this user may not make it: ${message}`, {
		fix: "Start WatchRabbit once with a user that may configure '^watchrabbit', or give this one the permission.",
		unusable: true,
	});
}
